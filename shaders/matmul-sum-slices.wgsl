// C = Σ_s partial[s] [+ bias] [+ addend] [+ C] for each batch, slices added in order: the second half of a matmul whose
// inner dimension was cut; partial (batch, slices, m, n), addend and C (batch, m, n), bias (n).

struct Params {
  outputs: u32, // m · n
  n: u32,
  batch: u32,
  slices: u32,
  add_bias: u32, // 1: + bias[column]
  add_addend: u32, // 1: + addend, which lies as C does
  accumulate: u32, // 1: + what C held
}

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>; // (n), read only if add_bias
@group(0) @binding(2) var<storage, read> addend: array<f32>; // (batch, m, n), read only if add_addend
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (at >= params.batch * params.outputs) {
    return;
  }
  var sum = 0.0;
  let start = at / params.outputs * params.slices * params.outputs + at % params.outputs;
  for (var s = 0u; s < params.slices; s++) {
    sum += partial[start + s * params.outputs];
  }
  if (params.add_bias != 0u) {
    sum += bias[at % params.n];
  }
  if (params.add_addend != 0u) {
    sum += addend[at];
  }
  if (params.accumulate != 0u) {
    sum += c[at];
  }
  c[at] = sum;
}
