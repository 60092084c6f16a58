// y[n] = x[selected[n]], row by row: y (N, C), x (V, C). Rows out of range are clamped: nothing outside is read. Where x
// is a piece of a larger matrix, only the rows selected from it are written. LANES invocations share a row of y.

struct Params {
  rows: u32, // N
  columns: u32, // in Elements
  rows_of_x: u32,
  first_row: u32, // where x is a piece of a larger matrix: its first row in that, and how many rows that has
  all_rows: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> selected: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<Element>;
@group(0) @binding(3) var<uniform> params: Params;

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
  let row_of_x = u32(clamp(selected[row], 0, i32(params.all_rows) - 1)) - params.first_row;
  if (row_of_x >= params.rows_of_x) {
    return; // of another piece (below the first row the difference wraps)
  }
  let source = row_of_x * params.columns;
  let start = row * params.columns;
  for (var c = lane; c < params.columns; c += LANES) {
    y[start + c] = x[source + c];
  }
}
