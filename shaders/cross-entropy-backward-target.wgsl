// dlogits[n, targets[n]] -= weights[n] * dlosses[n], for rows whose target is not negative: completes what
// cross-entropy-backward.wgsl wrote.

struct Params {
  n: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> dlosses: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (row < params.n && targets[row] >= 0) {
    let column = min(u32(targets[row]), params.columns - 1u);
    dlogits[row * params.columns + column] -= weights[row] * dlosses[row];
  }
}
