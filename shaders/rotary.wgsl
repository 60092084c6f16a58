// Rotary position embedding of x (B, T, H, D), rotate-half form, on the first 2 * half dimensions of each head:
//   y[j] = x[j] cos a - x[j + half] sin a,   y[j + half] = x[j + half] cos a + x[j] sin a   for j < half,
// with the angle a(t, j) from the tables cosines, sines (T, half). direction is 1, or -1 to rotate back (backward).

struct Params {
  n: u32, // elements of x
  time: u32,
  heads: u32,
  head_size: u32,
  half: u32,
  direction: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> cosines: array<f32>;
@group(0) @binding(2) var<storage, read> sines: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i >= params.n) {
    return;
  }
  let j = i % params.head_size;
  let half = params.half;
  if (j >= 2u * half) {
    y[i] = x[i];
  } else {
    let first = j < half;
    let t = (i / (params.head_size * params.heads)) % params.time;
    let angle = t * half + select(j - half, j, first);
    let s = sines[angle] * params.direction;
    y[i] = x[i] * cosines[angle] + x[select(i - half, i + half, first)] * select(s, -s, first);
  }
}
