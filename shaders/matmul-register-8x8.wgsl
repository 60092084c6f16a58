// C (m, n) = A (m, k) · B (k, n) [+ bias (n)] [+ C], for each batch; A and B in any orientation, told by strides.
// Each invocation holds 8 rows × 8 columns in registers and needs no workgroup memory. Its columns lie
// WORKGROUP_X apart, so that neighbouring invocations load neighbouring elements.

struct Params {
  m: u32,
  n: u32,
  k: u32,
  a_row: u32, // elements from A[i, p] to A[i + 1, p]
  a_inner: u32, // elements from A[i, p] to A[i, p + 1]
  a_batch: u32,
  b_column: u32, // elements from B[p, j] to B[p, j + 1]
  b_inner: u32, // elements from B[p, j] to B[p + 1, j]
  b_batch: u32,
  slices: u32, // the inner dimension is cut into this many slices; each writes an output of its own
  slice: u32, // inner length of a slice
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>; // read only when BIAS
@group(0) @binding(3) var<storage, read_write> c: array<f32>; // (batch · slices, m, n)
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_X: u32 = 8u;
const WORKGROUP_Y: u32 = 8u;
const BIAS: bool = false;
const ACCUMULATE: bool = false;

fn store(row: u32, column: u32, value: f32, output: u32) {
  if (row < params.m && column < params.n) {
    let at = output + row * params.n + column;
    var result = value;
    if (BIAS) {
      result += bias[column];
    }
    if (ACCUMULATE) {
      result += c[at];
    }
    c[at] = result;
  }
}

fn store_row(row: u32, column: u32, low: vec4<f32>, high: vec4<f32>, output: u32) {
  store(row, column, low.x, output);
  store(row, column + WORKGROUP_X, low.y, output);
  store(row, column + 2u * WORKGROUP_X, low.z, output);
  store(row, column + 3u * WORKGROUP_X, low.w, output);
  store(row, column + 4u * WORKGROUP_X, high.x, output);
  store(row, column + 5u * WORKGROUP_X, high.y, output);
  store(row, column + 6u * WORKGROUP_X, high.z, output);
  store(row, column + 7u * WORKGROUP_X, high.w, output);
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = (workgroup.y * WORKGROUP_Y + local.y) * 8u;
  let column = workgroup.x * WORKGROUP_X * 8u + local.x;
  let batch = workgroup.z / params.slices;
  let first = (workgroup.z % params.slices) * params.slice;
  let last = min(first + params.slice, params.k);

  // Rows and columns past the edge load the last one; they are not stored.
  let a_start = batch * params.a_batch + first * params.a_inner;
  let bottom = params.m - 1u;
  let rows_low = a_start + params.a_row * min(row + vec4(0u, 1u, 2u, 3u), vec4(bottom));
  let rows_high = a_start + params.a_row * min(row + vec4(4u, 5u, 6u, 7u), vec4(bottom));
  let b_start = batch * params.b_batch + first * params.b_inner;
  let right = params.n - 1u;
  let columns_low = b_start + params.b_column * min(column + WORKGROUP_X * vec4(0u, 1u, 2u, 3u), vec4(right));
  let columns_high = b_start + params.b_column * min(column + WORKGROUP_X * vec4(4u, 5u, 6u, 7u), vec4(right));

  var c0_low = vec4(0.0);
  var c0_high = vec4(0.0);
  var c1_low = vec4(0.0);
  var c1_high = vec4(0.0);
  var c2_low = vec4(0.0);
  var c2_high = vec4(0.0);
  var c3_low = vec4(0.0);
  var c3_high = vec4(0.0);
  var c4_low = vec4(0.0);
  var c4_high = vec4(0.0);
  var c5_low = vec4(0.0);
  var c5_high = vec4(0.0);
  var c6_low = vec4(0.0);
  var c6_high = vec4(0.0);
  var c7_low = vec4(0.0);
  var c7_high = vec4(0.0);
  var a_offset = 0u;
  var b_offset = 0u;
  for (var p = first; p < last; p++) {
    let bl = columns_low + b_offset;
    let bh = columns_high + b_offset;
    let b_low = vec4(b[bl.x], b[bl.y], b[bl.z], b[bl.w]);
    let b_high = vec4(b[bh.x], b[bh.y], b[bh.z], b[bh.w]);
    let al = rows_low + a_offset;
    let ah = rows_high + a_offset;
    let a0 = a[al.x];
    c0_low += a0 * b_low;
    c0_high += a0 * b_high;
    let a1 = a[al.y];
    c1_low += a1 * b_low;
    c1_high += a1 * b_high;
    let a2 = a[al.z];
    c2_low += a2 * b_low;
    c2_high += a2 * b_high;
    let a3 = a[al.w];
    c3_low += a3 * b_low;
    c3_high += a3 * b_high;
    let a4 = a[ah.x];
    c4_low += a4 * b_low;
    c4_high += a4 * b_high;
    let a5 = a[ah.y];
    c5_low += a5 * b_low;
    c5_high += a5 * b_high;
    let a6 = a[ah.z];
    c6_low += a6 * b_low;
    c6_high += a6 * b_high;
    let a7 = a[ah.w];
    c7_low += a7 * b_low;
    c7_high += a7 * b_high;
    a_offset += params.a_inner;
    b_offset += params.b_inner;
  }

  let output = workgroup.z * params.m * params.n;
  store_row(row, column, c0_low, c0_high, output);
  store_row(row + 1u, column, c1_low, c1_high, output);
  store_row(row + 2u, column, c2_low, c2_high, output);
  store_row(row + 3u, column, c3_low, c3_high, output);
  store_row(row + 4u, column, c4_low, c4_high, output);
  store_row(row + 5u, column, c5_low, c5_high, output);
  store_row(row + 6u, column, c6_low, c6_high, output);
  store_row(row + 7u, column, c7_low, c7_high, output);
}
