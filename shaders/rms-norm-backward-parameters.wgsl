// dweight = sum over rows of dy * x * rstd, for (N, C). One invocation walks a chunk of rows of one column: chunk k's
// sums go to row k of dweight (chunks, C), which column-sum.wgsl adds up in order. A single chunk is the gradient.

struct Params {
  rows: u32,
  columns: u32, // in Elements
  rows_per_chunk: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> rstd: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<Element>;
@group(0) @binding(3) var<storage, read_write> dweight: array<Element>;
@group(0) @binding(4) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let chunk = id.y;
  if (column < params.columns) {
    let end = min((chunk + 1u) * params.rows_per_chunk, params.rows);
    var sum = Element(0.0);
    for (var row = chunk * params.rows_per_chunk; row < end; row++) {
      let at = row * params.columns + column;
      sum += dy[at] * x[at] * rstd[row];
    }
    dweight[chunk * params.columns + column] = sum;
  }
}
