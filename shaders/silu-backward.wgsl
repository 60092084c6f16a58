// dx = dy * s * (1 + x * (1 - s)), s = 1 / (1 + exp(-x)): the derivative of y = x * s.

struct Params {
  n: u32, // in Elements
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> dy: array<Element>;
@group(0) @binding(2) var<storage, read_write> dx: array<Element>;
@group(0) @binding(3) var<uniform> params: Params;

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
    let e = exp(-max(x[i], Element(-60.0)));
    let s = 1.0 / (1.0 + e);
    dx[i] = dy[i] * s * (1.0 + x[i] * e * s);
  }
}
