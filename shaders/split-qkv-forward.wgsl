// Un-fuses qkv (N, 3 * H * D) into q, k, v (N, H, D) and rotates the first 2 * half dimensions of each head of q and k
// (rotary position embedding, rotate-half form): dimension j < half pairs with j + half, and with the angle a(t, j)
//   y[j] = x[j] cos a - x[j + half] sin a,   y[j + half] = x[j + half] cos a + x[j] sin a.
// Element j of part p (0 q, 1 k, 2 v) of head h lies at p * part_stride + h * head_stride + j of its row of qkv.
// cosines and sines are (T, half); row n of qkv is at time n % T. LANES invocations share one head of one row.

struct Params {
  rows: u32, // N * H
  time: u32,
  heads: u32,
  columns: u32, // the head size; this and what follows in Elements
  half: u32,
  part_stride: u32,
  head_stride: u32,
}

@group(0) @binding(0) var<storage, read> qkv: array<Element>;
@group(0) @binding(1) var<storage, read> cosines: array<Element>;
@group(0) @binding(2) var<storage, read> sines: array<Element>;
@group(0) @binding(3) var<storage, read_write> q: array<Element>;
@group(0) @binding(4) var<storage, read_write> k: array<Element>;
@group(0) @binding(5) var<storage, read_write> v: array<Element>;
@group(0) @binding(6) var<uniform> params: Params;

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
  let n = row / params.heads;
  let half = params.half;
  let own = row * params.columns;
  let fused = n * 3u * params.heads * params.columns + row % params.heads * params.head_stride;
  let angle = n % params.time * half;

  // One code for all parts and dimensions, each load and store once: software adapters compile these at great length.
  for (var part = 0u; part < 3u; part++) {
    let source = fused + part * params.part_stride;
    let rotated = select(0u, 2u * half, part < 2u);
    for (var j = lane; j < params.columns; j += LANES) {
      var y = qkv[source + j];
      if (j < rotated) {
        let first = j < half;
        let at = angle + select(j - half, j, first);
        let partner = qkv[source + select(j - half, j + half, first)];
        y = y * cosines[at] + select(partner, -partner, first) * sines[at];
      }
      if (part == 0u) {
        q[own + j] = y;
      } else if (part == 1u) {
        k[own + j] = y;
      } else {
        v[own + j] = y;
      }
    }
  }
}
