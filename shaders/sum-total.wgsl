// Second stage of a sum: y[0] = scale * sum of partials (n), or its square root. One workgroup, fixed tree.

struct Params {
  n: u32,
  scale: f32,
  root: u32, // 1: the square root
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 256u;

var<workgroup> shared_sums: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) local: u32) {
  var sum = 0.0;
  for (var i = local; i < params.n; i += WORKGROUP_SIZE) {
    sum += partials[i];
  }
  shared_sums[local] = sum;
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      shared_sums[local] += shared_sums[local + half];
    }
  }
  if (local == 0u) {
    let total = params.scale * shared_sums[0];
    y[0] = select(total, sqrt(total), params.root != 0u);
  }
}
