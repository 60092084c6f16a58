// Un-fuses qkv (N, 3 * H * D) into q, k, v (N, H, D) and rotates the first 2 * half dimensions of each head of q and k
// (rotary position embedding, rotate-half form): dimension j < half pairs with j + half, and with the angle a(t, j)
//   y[j] = x[j] cos a - x[j + half] sin a,   y[j + half] = x[j + half] cos a + x[j] sin a.
// Element j of part p (0 q, 1 k, 2 v) of head h lies at p * part_stride + h * head_stride + j of its row of qkv.
// cos and sin are (T, half); row n of qkv is at time n % T.

struct Params {
  n: u32, // elements of q
  time: u32,
  heads: u32,
  head_size: u32,
  half: u32,
  part_stride: u32,
  head_stride: u32,
}

@group(0) @binding(0) var<storage, read> qkv: array<f32>;
@group(0) @binding(1) var<storage, read> cosines: array<f32>;
@group(0) @binding(2) var<storage, read> sines: array<f32>;
@group(0) @binding(3) var<storage, read_write> q: array<f32>;
@group(0) @binding(4) var<storage, read_write> k: array<f32>;
@group(0) @binding(5) var<storage, read_write> v: array<f32>;
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

  v[i] = qkv[k_index + params.part_stride];
  if (j >= 2u * half) {
    q[i] = qkv[q_index];
    k[i] = qkv[k_index];
  } else {
    let first = j < half;
    let angle = (row % params.time) * half + select(j - half, j, first);
    let c = cosines[angle];
    let s = select(sines[angle], -sines[angle], first);
    q[i] = qkv[q_index] * c + qkv[select(q_index - half, q_index + half, first)] * s;
    k[i] = qkv[k_index] * c + qkv[select(k_index - half, k_index + half, first)] * s;
  }
}
