// losses[n] = weights[n] * (logsumexp(logits[n]) - logits[n, target]) for each row of logits (N, V), and the row's
// logsumexp, saved for the backward. A negative target gives 0. Never -log(softmax): that underflows.
// LANES invocations share a row, each with the maximum and sum of its share; their results are joined in a fixed tree.

struct Params {
  rows: u32,
  columns: u32, // in Elements
}

@group(0) @binding(0) var<storage, read> logits: array<Element>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_sums: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

alias Element = f32;
const WIDTH: u32 = 1u;
const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;
const REST: f32 = f32(WIDTH / 4u);
const LOWEST: f32 = -3.0e38;

fn across(value: Element) -> f32 {
  return dot(vec4<f32>(value), vec4<f32>(1.0, REST, REST, REST));
}

fn highest_across(value: Element) -> f32 {
  let four = vec4<f32>(value);
  return max(max(four.x, four.y), max(four.z, four.w));
}

// The maximum (x) and the sum of exp(value - maximum) (y) of what has been joined so far.
var<workgroup> running: array<vec2<f32>, WORKGROUP_SIZE>;

fn join(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let highest = max(a.x, b.x);
  return vec2<f32>(highest, a.y * exp(a.x - highest) + b.y * exp(b.x - highest));
}

// The logit of a column; its Element may hold others beside it.
fn logit_at(start: u32, column: u32) -> f32 {
  return vec4<f32>(logits[start + column / WIDTH])[column % WIDTH];
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * ROWS + local / LANES;
  let lane = local % LANES;
  let start = min(row, params.rows - 1u) * params.columns;

  var highest = Element(LOWEST);
  for (var c = lane; c < params.columns; c += LANES) {
    highest = max(highest, logits[start + c]);
  }
  let own_highest = highest_across(highest);
  var sum = Element(0.0);
  for (var c = lane; c < params.columns; c += LANES) {
    sum += exp(logits[start + c] - own_highest);
  }
  running[local] = vec2<f32>(own_highest, across(sum));
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      running[local] = join(running[local], running[local + half]);
    }
  }

  if (lane == 0u && row < params.rows) {
    let log_sum = running[local].x + log(running[local].y);
    let wanted = targets[row];
    let column = u32(clamp(wanted, 0, i32(params.columns * WIDTH) - 1));
    losses[row] = select(weights[row] * (log_sum - logit_at(start, column)), 0.0, wanted < 0);
    log_sums[row] = log_sum;
  }
}
