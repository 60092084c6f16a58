// dx = dy * (g + x * g'), the derivative of y = x * g(x) with g the logistic function of 2u,
// u = sqrt(2/pi) * (x + 0.044715 x^3), g' = 2 g (1 - g) u'. As gelu-tanh-forward.wgsl.

struct Params {
  n: u32, // in Elements
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> dy: array<Element>;
@group(0) @binding(2) var<storage, read_write> dx: array<Element>;
@group(0) @binding(3) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;

const SQRT_2_OVER_PI: f32 = 0.7978845608;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n) {
    let value = x[i];
    let square = value * value;
    let u = SQRT_2_OVER_PI * value * (1.0 + 0.044715 * square);
    // Beyond the clamp the logistic is flat, while the polynomial's slope grows without bound.
    let slope = select(SQRT_2_OVER_PI * (1.0 + 3.0 * 0.044715 * square), Element(0.0), abs(u) > Element(15.0));
    // With e = exp(-|2u|) in (0, 1]: both g and 1 - g without cancellation.
    let e = exp(-2.0 * min(abs(u), Element(15.0)));
    let large = 1.0 / (1.0 + e);
    let g = select(e * large, large, u > Element(0.0));
    dx[i] = dy[i] * (g + value * 2.0 * e * large * large * slope);
  }
}
