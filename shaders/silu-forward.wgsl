// y = x / (1 + exp(-x)). The exponent is bounded so that nothing overflows: below -60, silu is 0 to f32 either way.

struct Params {
  n: u32, // in Elements
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> y: array<Element>;
@group(0) @binding(2) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n) {
    y[i] = x[i] / (1.0 + exp(-max(x[i], Element(-60.0))));
  }
}
