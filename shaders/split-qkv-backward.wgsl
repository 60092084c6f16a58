// dqkv (N, 3 * H * D) from dq, dk, dv (N, H, D): the inverse of split-qkv-forward.wgsl. The first 2 * half dimensions
// of dq and dk are rotated back (by minus the angle) and all three are written to their places in the fused row.

struct Params {
  n: u32, // elements of dq
  time: u32,
  heads: u32,
  head_size: u32,
  half: u32,
  part_stride: u32,
  head_stride: u32,
}

@group(0) @binding(0) var<storage, read> dq: array<f32>;
@group(0) @binding(1) var<storage, read> dk: array<f32>;
@group(0) @binding(2) var<storage, read> dv: array<f32>;
@group(0) @binding(3) var<storage, read> cosines: array<f32>;
@group(0) @binding(4) var<storage, read> sines: array<f32>;
@group(0) @binding(5) var<storage, read_write> dqkv: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

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
  let head = (i / params.head_size) % params.heads;
  let row = i / (params.head_size * params.heads);
  let half = params.half;
  let q_index = row * 3u * params.head_size * params.heads + head * params.head_stride + j;
  let k_index = q_index + params.part_stride;

  dqkv[k_index + params.part_stride] = dv[i];
  if (j >= 2u * half) {
    dqkv[q_index] = dq[i];
    dqkv[k_index] = dk[i];
  } else {
    let first = j < half;
    let partner = select(i - half, i + half, first);
    let angle = (row % params.time) * half + select(j - half, j, first);
    let c = cosines[angle];
    let s = select(-sines[angle], sines[angle], first);
    dqkv[q_index] = dq[i] * c + dq[partner] * s;
    dqkv[k_index] = dk[i] * c + dk[partner] * s;
  }
}
