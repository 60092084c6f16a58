// Gradient of y = silu(gate) * up by gate_up (N, 2 * F), whose rows are gate | up. As swiglu-backward.wgsl.

struct Params {
  n: u32, // N * F, in Elements
  columns: u32, // F, in Elements
}

@group(0) @binding(0) var<storage, read> gate_up: array<Element>;
@group(0) @binding(1) var<storage, read> dy: array<Element>;
@group(0) @binding(2) var<storage, read_write> dgate_up: array<Element>;
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
    let gate = i + i / params.columns * params.columns;
    let up = gate + params.columns;
    let g = gate_up[gate];
    let e = exp(-max(g, Element(-60.0)));
    let s = 1.0 / (1.0 + e);
    dgate_up[gate] = dy[i] * gate_up[up] * s * (1.0 + g * e * s);
    dgate_up[up] = dy[i] * g * s;
  }
}
