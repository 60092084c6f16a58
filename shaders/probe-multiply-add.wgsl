// Measures the adapter: multiply-adds on registers only, 32 independent ones at a time, and one store at the end.

struct Params {
  rounds: u32, // 32 multiply-adds each, for every invocation
  factor: f32,
  summand: f32,
}

@group(0) @binding(0) var<storage, read_write> y: array<f32>; // one for every invocation
@group(0) @binding(1) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  // Factors come from the uniform: with constants a compiler could do the whole loop beforehand.
  let factor = vec4(params.factor);
  let summand = vec4(params.summand);
  let start = f32(id.x & 255u) * 0.001;
  var a = vec4(start);
  var b = vec4(start + 0.1);
  var c = vec4(start + 0.2);
  var d = vec4(start + 0.3);
  var e = vec4(start + 0.4);
  var f = vec4(start + 0.5);
  var g = vec4(start + 0.6);
  var h = vec4(start + 0.7);
  for (var i = 0u; i < params.rounds; i++) {
    a = fma(a, factor, summand);
    b = fma(b, factor, summand);
    c = fma(c, factor, summand);
    d = fma(d, factor, summand);
    e = fma(e, factor, summand);
    f = fma(f, factor, summand);
    g = fma(g, factor, summand);
    h = fma(h, factor, summand);
  }
  let sum = a + b + c + d + e + f + g + h;
  y[id.x] = sum.x + sum.y + sum.z + sum.w;
}
