// delta[b, h, i] = Σ_d dy[b, i, h, d] · y[b, i, h, d]; y, dy (B, T, H, D), delta (B, H, T).

struct Params {
  batch: u32,
  time: u32,
  heads: u32,
  head_size: u32,
}

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> delta: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  // Neighbouring invocations take neighbouring rows of memory: (b, i, h).
  let row = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (row >= params.batch * params.time * params.heads) {
    return;
  }
  var sum = 0.0;
  for (var at = row * params.head_size; at < (row + 1u) * params.head_size; at++) {
    sum += y[at] * dy[at];
  }
  let head = row % params.heads;
  let i = row / params.heads % params.time;
  let batch = row / (params.heads * params.time);
  delta[(batch * params.heads + head) * params.time + i] = sum;
}
