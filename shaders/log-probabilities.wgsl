// For each row n of logits (N, V): y[n, 0] = log softmax(logits[n])[target] and y[n, 1] = 1 if the target is the first
// of the row's largest logits, else 0. A negative target gives 0, 0.
// LANES invocations share a row; their maxima and sums are joined in a fixed tree.

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;
const LOWEST: f32 = -3.0e38;

struct Share {
  highest: f32,
  sum: f32, // of exp(logit - highest)
  beaten: u32, // 1 if a logit is above the target's, or equal to it at an earlier column
}

var<workgroup> shares: array<Share, WORKGROUP_SIZE>;

fn join(a: Share, b: Share) -> Share {
  let highest = max(a.highest, b.highest);
  return Share(highest, a.sum * exp(a.highest - highest) + b.sum * exp(b.highest - highest), a.beaten | b.beaten);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * ROWS + local / LANES;
  let lane = local % LANES;
  let safe_row = min(row, params.rows - 1u);
  let start = safe_row * params.columns;
  let target_index = targets[safe_row];
  let at = u32(clamp(target_index, 0, i32(params.columns) - 1));
  let target_logit = logits[start + at];

  var highest = LOWEST;
  var beaten = 0u;
  for (var c = lane; c < params.columns; c += LANES) {
    let logit = logits[start + c];
    highest = max(highest, logit);
    beaten |= u32(logit > target_logit || (logit == target_logit && c < at));
  }
  var sum = 0.0;
  for (var c = lane; c < params.columns; c += LANES) {
    sum += exp(logits[start + c] - highest);
  }
  shares[local] = Share(highest, sum, beaten);
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      shares[local] = join(shares[local], shares[local + half]);
    }
  }
  if (lane == 0u && row < params.rows) {
    let whole = shares[local];
    let counts = target_index >= 0;
    y[row * 2u] = select(0.0, target_logit - (whole.highest + log(whole.sum)), counts);
    y[row * 2u + 1u] = select(0.0, 1.0 - f32(whole.beaten), counts);
  }
}
