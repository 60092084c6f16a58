// y = x * (1 + tanh(u)) / 2 with u = sqrt(2/pi) * (x + 0.044715 x^3): GELU's tanh form.
// (1 + tanh(u)) / 2 is the logistic function of 2u, and is computed as such: WGSL allows tanh an absolute error of 1e-5,
// and some drivers return NaN for large arguments. u is clamped to +-15, beyond which f32 sees no difference.

struct Params {
  n: u32, // in Elements
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> y: array<Element>;
@group(0) @binding(2) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;

fn gate(value: Element) -> Element {
  let u = 0.7978845608 * (value + 0.044715 * value * value * value);
  return 1.0 / (1.0 + exp(-2.0 * clamp(u, Element(-15.0), Element(15.0))));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n) {
    y[i] = x[i] * gate(x[i]);
  }
}
