// packed[i] = x[2i], x[2i + 1] as two bf16 in one word, the even one low; n words. Rounds to the nearest, ties to even.
// With an odd number of elements the last word's high half is 0. Infinities stay infinities and NaNs NaNs.

struct Params {
  n: u32, // words
  elements: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> packed: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

fn round_to_bf16(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return (bits >> 16u) | 1u; // rounded up, a NaN of all ones would be a zero
  }
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n) {
    var high = 0u;
    if (2u * i + 1u < params.elements) {
      high = round_to_bf16(x[2u * i + 1u]);
    }
    packed[i] = round_to_bf16(x[2u * i]) | (high << 16u);
  }
}
