// y[s, j] = sum of x[i, j] over the rows i of slice s, in ascending order: x (rows, columns), y (slices, columns).

struct Params {
  rows: u32,
  columns: u32, // in Elements
  slice: u32, // rows per slice
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> y: array<Element>;
@group(0) @binding(2) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let slice = id.y;
  if (column < params.columns) {
    let end = min((slice + 1u) * params.slice, params.rows);
    var sum = Element(0.0);
    for (var row = slice * params.slice; row < end; row++) {
      sum += x[row * params.columns + column];
    }
    y[slice * params.columns + column] = sum;
  }
}
