// In place, for each element of `matrices` T × T matrices: s becomes p = exp(scale · s − logsumexp[i]), and dp becomes
// ds = scale · p (dp − delta[i]), both 0 right of the diagonal; delta[i] = Σ_j p[i, j] dp[i, j] is given. The first row has
// one key, whose p is 1 whatever its score: there ds is 0, not the difference of two roundings.
// One invocation for CHUNK neighbouring columns of a row: what the row shares is worked out once.

struct Params {
  rows: u32, // matrices · T
  time: u32,
  chunks: u32, // of a row
  scale: f32,
}

@group(0) @binding(0) var<storage, read> logsumexp: array<f32>; // (matrices, T)
@group(0) @binding(1) var<storage, read> delta: array<f32>; // (matrices, T)
@group(0) @binding(2) var<storage, read_write> scores: array<f32>; // (matrices, T, T)
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>; // (matrices, T, T)
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const CHUNK: u32 = 16u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  let row = index / params.chunks;
  if (row >= params.rows) {
    return;
  }
  let first = index % params.chunks * CHUNK;
  let start = row * params.time;
  let end = start + min(first + CHUNK, params.time);
  let masked = clamp(start + row % params.time + 1u, start + first, end); // from here on right of the diagonal
  let normalizer = logsumexp[row];
  let row_delta = delta[row];
  let row_scale = select(params.scale, 0.0, row % params.time == 0u);
  for (var at = start + first; at < masked; at++) {
    let p = exp(clamp(params.scale * scores[at] - normalizer, -100.0, 0.0));
    scores[at] = p;
    gradient[at] = row_scale * p * (gradient[at] - row_delta);
  }
  for (var at = masked; at < end; at++) {
    scores[at] = 0.0;
    gradient[at] = 0.0;
  }
}
