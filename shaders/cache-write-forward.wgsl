// cache[b, starts[b] + t, k, d] = x[b, t, k, d]; cache (B, S, K, D), x (B, T, K, D). Past the cache's end: dropped.

struct Params {
  batch: u32,
  time: u32,
  // K·D
  row: u32,
  // S
  capacity: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> starts: array<i32>;
@group(0) @binding(2) var<storage, read_write> cache: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i >= params.batch * params.time * params.row) {
    return;
  }
  let b = i / (params.time * params.row);
  let t = (i / params.row) % params.time;
  let at = u32(max(starts[b], 0)) + t;
  if (at < params.capacity) {
    cache[(b * params.capacity + at) * params.row + i % params.row] = x[i];
  }
}
