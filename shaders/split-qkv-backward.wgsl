// dqkv (N, 3 * H * D) from dq, dk, dv (N, H, D): the inverse of split-qkv-forward.wgsl. The first 2 * half dimensions
// of dq and dk are rotated back (by minus the angle) and all three are written to their places in the fused row.
// LANES invocations share one head of one row.

struct Params {
  rows: u32, // N * H
  time: u32,
  heads: u32,
  columns: u32, // the head size; this and what follows in Elements
  half: u32,
  part_stride: u32,
  head_stride: u32,
}

@group(0) @binding(0) var<storage, read> dq: array<Element>;
@group(0) @binding(1) var<storage, read> dk: array<Element>;
@group(0) @binding(2) var<storage, read> dv: array<Element>;
@group(0) @binding(3) var<storage, read> cosines: array<Element>;
@group(0) @binding(4) var<storage, read> sines: array<Element>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<Element>;
@group(0) @binding(6) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;

fn gradient_of(part: u32, at: u32) -> Element {
  if (part == 0u) {
    return dq[at];
  }
  if (part == 1u) {
    return dk[at];
  }
  return dv[at];
}

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
    let rotated = select(0u, 2u * half, part < 2u);
    for (var j = lane; j < params.columns; j += LANES) {
      var x = gradient_of(part, own + j);
      if (j < rotated) {
        let first = j < half;
        let at = angle + select(j - half, j, first);
        let partner = gradient_of(part, own + select(j - half, j + half, first));
        x = x * cosines[at] + select(-partner, partner, first) * sines[at];
      }
      dqkv[fused + part * params.part_stride + j] = x;
    }
  }
}
