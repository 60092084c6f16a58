// Rotary position embedding of x (B, T, H, D), rotate-half form, on the first 2 * half dimensions of each head:
//   y[j] = x[j] cos a - x[j + half] sin a,   y[j + half] = x[j + half] cos a + x[j] sin a   for j < half,
// with the angle a(t, j) from the tables cosines, sines (T, half). direction is 1, or -1 to rotate back (backward).
// LANES invocations share a head.

struct Params {
  rows: u32, // B * T * H
  time: u32,
  heads: u32,
  columns: u32, // the head size, in Elements
  half: u32, // in Elements
  direction: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> cosines: array<Element>;
@group(0) @binding(2) var<storage, read> sines: array<Element>;
@group(0) @binding(3) var<storage, read_write> y: array<Element>;
@group(0) @binding(4) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * ROWS + local / LANES;
  let lane = local % LANES;
  if (row >= params.rows) {
    return;
  }
  let half = params.half;
  let start = row * params.columns;
  let angle = row / params.heads % params.time * half;
  for (var j = lane; j < half; j += LANES) {
    let c = cosines[angle + j];
    let s = sines[angle + j] * params.direction;
    y[start + j] = x[start + j] * c - x[start + j + half] * s;
    y[start + j + half] = x[start + j + half] * c + x[start + j] * s;
  }
  for (var j = 2u * half + lane; j < params.columns; j += LANES) {
    y[start + j] = x[start + j];
  }
}
