// logits[n] = softmax(logits[n]) * weights[n] * dlosses[n], in place for each row of (N, V): the gradient of
// cross-entropy but for the target's own element, which cross-entropy-backward-target.wgsl completes. A row whose target
// is negative gets zeros. Every element depends on itself and on its row's logsumexp only, so overwriting is safe.

struct Params {
  rows: u32,
  columns: u32, // in Elements
}

@group(0) @binding(0) var<storage, read_write> logits: array<Element>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> log_sums: array<f32>;
@group(0) @binding(4) var<storage, read> dlosses: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * ROWS + local / LANES;
  let lane = local % LANES;
  if (row >= params.rows) {
    return;
  }
  let start = row * params.columns;
  let log_sum = log_sums[row];
  let counts = targets[row] >= 0;
  let factor = weights[row] * dlosses[row];
  for (var c = lane; c < params.columns; c += LANES) {
    logits[start + c] = select(Element(0.0), exp(logits[start + c] - log_sum) * factor, counts);
  }
}
