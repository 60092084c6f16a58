// dx[v] = sum of dy[n] over the positions n that selected row v, in ascending order: no atomics, the same bits every
// time. Positions come sorted by row (CSR): those of row v are positions[offsets[v] .. offsets[v + 1]].
// dx (V, C) is written whole, zeros where a row was not selected; dy (N, C). LANES invocations share a row of dx.

struct Params {
  rows: u32, // V
  columns: u32, // in Elements
}

@group(0) @binding(0) var<storage, read> dy: array<Element>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<Element>;
@group(0) @binding(4) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;

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
  let start = row * params.columns;
  let first = offsets[row];
  let end = offsets[row + 1u];
  for (var c = lane; c < params.columns; c += LANES) {
    var sum = Element(0.0);
    for (var k = first; k < end; k++) {
      sum += dy[positions[k] * params.columns + c];
    }
    dx[start + c] = sum;
  }
}
