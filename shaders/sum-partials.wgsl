// First stage of a sum: workgroup g adds its share of x (n) and writes partials[first + g]. If `square`, of x * x.
// Each invocation adds every (workgroups * WORKGROUP_SIZE)-th Element, then a fixed tree adds the invocations:
// the same bits every time.

struct Params {
  n: u32, // in Elements
  first: u32,
  square: u32, // 1: of x * x
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

alias Element = f32;
const WIDTH: u32 = 1u;
const WORKGROUP_SIZE: u32 = 256u;
const REST: f32 = f32(WIDTH / 4u);

fn across(value: Element) -> f32 {
  return dot(vec4<f32>(value), vec4<f32>(1.0, REST, REST, REST));
}

var<workgroup> shared_sums: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  var sum = Element(0.0);
  for (var i = workgroup.x * WORKGROUP_SIZE + local; i < params.n; i += workgroups.x * WORKGROUP_SIZE) {
    let value = x[i];
    sum += select(value, value * value, params.square != 0u);
  }
  shared_sums[local] = across(sum);
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      shared_sums[local] += shared_sums[local + half];
    }
  }
  if (local == 0u) {
    partials[params.first + workgroup.x] = shared_sums[0];
  }
}
