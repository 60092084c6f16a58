// ring[row % rows, column] = value: one number into a ring (rows, columns) of metrics that the host reads now and then.

struct Params {
  rows: u32,
  columns: u32,
  column: u32,
}

@group(0) @binding(0) var<storage, read_write> ring: array<f32>;
@group(0) @binding(1) var<storage, read> row: array<u32>;
@group(0) @binding(2) var<storage, read> value: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(1)
fn main() {
  ring[(row[0] % params.rows) * params.columns + params.column] = value[0];
}
