// x[2i], x[2i + 1] = the low and the high bf16 of packed[i], as f32; n words. Exact.

struct Params {
  n: u32, // words
  elements: u32,
}

@group(0) @binding(0) var<storage, read> packed: array<u32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n) {
    x[2u * i] = bitcast<f32>(packed[i] << 16u);
    if (2u * i + 1u < params.elements) {
      x[2u * i + 1u] = bitcast<f32>(packed[i] & 0xffff0000u);
    }
  }
}
