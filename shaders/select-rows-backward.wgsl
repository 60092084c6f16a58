// dx[v] = sum of dy[n] over the positions n that selected row v, in ascending order: no atomics, the same bits every
// time. Positions come sorted by row (CSR): those of row v are positions[offsets[v] .. offsets[v + 1]].
// dx (V, C) is written whole, zeros where a row was not selected; dy (N, C).

struct Params {
  rows_of_x: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> offsets: array<u32>;
@group(0) @binding(2) var<storage, read> positions: array<u32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.rows_of_x * params.columns) {
    let row = i / params.columns;
    let column = i % params.columns;
    var sum = 0.0;
    for (var k = offsets[row]; k < offsets[row + 1u]; k++) {
      sum += dy[positions[k] * params.columns + column];
    }
    dx[i] = sum;
  }
}
