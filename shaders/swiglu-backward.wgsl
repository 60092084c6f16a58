// Gradients of y = silu(gate) * up, with s = 1 / (1 + exp(-gate)) recomputed rather than kept:
// dgate = dy * up * s * (1 + gate * (1 - s)),   dup = dy * gate * s.

struct Params {
  n: u32, // in Elements
}

@group(0) @binding(0) var<storage, read> gate: array<Element>;
@group(0) @binding(1) var<storage, read> up: array<Element>;
@group(0) @binding(2) var<storage, read> dy: array<Element>;
@group(0) @binding(3) var<storage, read_write> dgate: array<Element>;
@group(0) @binding(4) var<storage, read_write> dup: array<Element>;
@group(0) @binding(5) var<uniform> params: Params;

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
    let g = gate[i];
    let e = exp(-max(g, Element(-60.0)));
    let s = 1.0 / (1.0 + e);
    dgate[i] = dy[i] * up[i] * s * (1.0 + g * e * s);
    dup[i] = dy[i] * g * s;
  }
}
