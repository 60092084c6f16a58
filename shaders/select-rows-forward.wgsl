// y[n] = x[rows[n]], row by row: y (N, C), x (V, C). Rows out of range are clamped, so nothing outside is read.

struct Params {
  n: u32,
  columns: u32,
  rows_of_x: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> rows: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n * params.columns) {
    let row = u32(clamp(rows[i / params.columns], 0, i32(params.rows_of_x) - 1));
    y[i] = x[row * params.columns + i % params.columns];
  }
}
