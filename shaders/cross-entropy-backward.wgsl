// dlogits[n, v] = (softmax(logits[n])[v] - [v == target]) * weights[n] * dlosses[n], written over the logits.
// A row whose target is negative gets zeros. Every element depends on itself and its row's logsumexp only, so
// overwriting is safe in any order.

struct Params {
  n: u32, // elements of logits
  columns: u32,
}

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> log_sums: array<f32>;
@group(0) @binding(4) var<storage, read> dlosses: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n) {
    let row = i / params.columns;
    let target_index = targets[row];
    let at = min(target_index, i32(params.columns) - 1);
    let probability = exp(logits[i] - log_sums[row]);
    let hit = select(0.0, 1.0, i32(i % params.columns) == at);
    logits[i] = select((probability - hit) * weights[row] * dlosses[row], 0.0, target_index < 0);
  }
}
