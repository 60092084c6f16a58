// The plain good matmul that anyone would write: C = A·B, one vec4 row of 4 × 4 results per invocation, no workgroup
// memory. Sizes are multiples of 4. It is the probe that kernels are measured against, not one of the engine's.

struct Params {
  m: u32,
  n: u32,
  k: u32,
}

@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>; // (m, k)
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>; // (k, n)
@group(0) @binding(2) var<storage, read_write> c: array<vec4<f32>>; // (m, n)
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let columns = params.n / 4u;
  let inner = params.k / 4u;
  let row = id.y * 4u;
  if (id.x >= columns || row >= params.m) {
    return;
  }
  var sum: array<vec4<f32>, 4>;
  for (var p = 0u; p < inner; p++) {
    let b0 = b[(p * 4u) * columns + id.x];
    let b1 = b[(p * 4u + 1u) * columns + id.x];
    let b2 = b[(p * 4u + 2u) * columns + id.x];
    let b3 = b[(p * 4u + 3u) * columns + id.x];
    for (var i = 0u; i < 4u; i++) {
      let x = a[(row + i) * inner + p];
      sum[i] += x.x * b0 + x.y * b1 + x.z * b2 + x.w * b3;
    }
  }
  for (var i = 0u; i < 4u; i++) {
    c[(row + i) * columns + id.x] = sum[i];
  }
}
