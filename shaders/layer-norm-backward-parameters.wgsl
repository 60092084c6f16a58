// dweight = sum over rows of dy * (x - mean) * rstd and dbias = sum over rows of dy, for (N, C).
// One invocation walks a chunk of rows of one column: chunk k's sums go to row k of dweight and dbias (chunks, C),
// which column-sum.wgsl adds up in order. With a single chunk they are the gradients already.

struct Params {
  rows: u32,
  columns: u32, // in Elements
  rows_per_chunk: u32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<Element>;
@group(0) @binding(4) var<storage, read_write> dweight: array<Element>;
@group(0) @binding(5) var<storage, read_write> dbias: array<Element>;
@group(0) @binding(6) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let chunk = id.y;
  if (column < params.columns) {
    let end = min((chunk + 1u) * params.rows_per_chunk, params.rows);
    var weight_sum = Element(0.0);
    var bias_sum = Element(0.0);
    for (var row = chunk * params.rows_per_chunk; row < end; row++) {
      let g = dy[row * params.columns + column];
      weight_sum += g * (x[row * params.columns + column] - mean[row]) * rstd[row];
      bias_sum += g;
    }
    dweight[chunk * params.columns + column] = weight_sum;
    dbias[chunk * params.columns + column] = bias_sum;
  }
}
