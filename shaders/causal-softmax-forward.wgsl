// p[i, j] = softmax_{j ≤ i}(scale · s[i, j]), 0 right of the diagonal, for each of `matrices` T × T score matrices, in
// place; logsumexp[i] of the scaled scores. One invocation per row. Scores right of the diagonal are not read.

struct Params {
  matrices: u32,
  time: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read_write> scores: array<f32>; // (matrices, T, T)
@group(0) @binding(1) var<storage, read_write> logsumexp: array<f32>; // (matrices, T)
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (row >= params.matrices * params.time) {
    return;
  }
  let start = row * params.time;
  let diagonal = start + row % params.time;
  let end = start + params.time;
  var highest = -1e30;
  for (var at = start; at <= diagonal; at++) {
    highest = max(highest, scores[at] * params.scale);
  }
  var weight = 0.0;
  for (var at = start; at <= diagonal; at++) {
    let exponential = exp(max(scores[at] * params.scale - highest, -100.0));
    scores[at] = exponential;
    weight += exponential;
  }
  let share = 1.0 / weight;
  for (var at = start; at <= diagonal; at++) {
    scores[at] *= share;
  }
  for (var at = diagonal + 1u; at < end; at++) {
    scores[at] = 0.0;
  }
  logsumexp[row] = highest + log(weight);
}
