// C (m, n) = A (m, k) · B (k, n) [+ bias (n)] [+ addend] [+ C], for each batch; A and B in any orientation, told by strides.
// Each invocation holds 8 rows × 8 columns in registers and needs no workgroup memory. Its columns lie
// WORKGROUP_X apart, so that neighbouring invocations load neighbouring elements.

// Strides are in elements. Matrices lie at FIRST + batch entry · BATCH + head · HEAD; a plain batch has one head.
struct Params {
  m: u32,
  n: u32,
  k: u32,
  heads: u32, // products of one batch entry
  a_first: u32,
  a_row: u32, // from A[i, p] to A[i + 1, p]
  a_inner: u32, // from A[i, p] to A[i, p + 1]
  a_head: u32,
  a_batch: u32,
  b_first: u32,
  b_column: u32, // from B[p, j] to B[p, j + 1]
  b_inner: u32, // from B[p, j] to B[p + 1, j]
  b_head: u32,
  b_batch: u32,
  b_group: u32, // heads that share one B
  c_row: u32,
  c_head: u32,
  c_batch: u32,
  c_slice: u32,
  slices: u32, // the inner dimension is cut into slices, each with an output of its own
  slice: u32, // inner length of a slice
  causal: u32, // 1: C right of the diagonal is not needed; A is 0 where 2: inner > row, 3: inner < row
  add_bias: u32, // 1: + bias[column]
  add_addend: u32, // 1: + addend, which lies as C does
  accumulate: u32, // 1: + what C held
}

// B's numbers are f32, or, with u32 and B_BF16, bf16 two in a word, the even one low.
alias BElement = f32;
const B_BF16: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<BElement>;
@group(0) @binding(2) var<storage, read> bias: array<f32>; // (n), read only if add_bias
@group(0) @binding(3) var<storage, read> addend: array<f32>; // (m, n), read only if add_addend
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const WORKGROUP_X: u32 = 8u;
const WORKGROUP_Y: u32 = 8u;

fn read_b(at: u32) -> f32 {
  if (B_BF16) {
    return bitcast<f32>((bitcast<u32>(b[at / 2u]) >> (16u * (at % 2u))) << 16u);
  }
  return f32(b[at]);
}

fn store(at: u32, column: u32, value: f32) {
  if (column < params.n) {
    var result = value;
    if (params.add_addend != 0u) {
      result += addend[at + column];
    }
    if (params.accumulate != 0u) {
      result += c[at + column];
    }
    c[at + column] = result;
  }
}

@compute @workgroup_size(WORKGROUP_X, WORKGROUP_Y)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = (workgroup.y * WORKGROUP_Y + local.y) * 8u;
  let column = workgroup.x * WORKGROUP_X * 8u + local.x;
  let product = workgroup.z / params.slices;
  let batch = product / params.heads;
  let head = product % params.heads;
  let a_start = params.a_first + batch * params.a_batch + head * params.a_head;
  let b_start = params.b_first + batch * params.b_batch + head / params.b_group * params.b_head;
  let c_start = batch * params.c_batch + head * params.c_head + workgroup.z % params.slices * params.c_slice;
  var first = workgroup.z % params.slices * params.slice;
  var last = min(first + params.slice, params.k);
  if (params.causal == 1u && workgroup.x * WORKGROUP_X * 8u >= row + 8u) {
    return;
  }
  if (params.causal == 2u) {
    last = min(last, row + 8u);
  }
  if (params.causal == 3u) {
    first = max(first, row);
  }

  // Rows and columns past the edge load the last one; they are not stored.
  let rows_low = a_start + params.a_row * min(row + vec4(0u, 1u, 2u, 3u), vec4(params.m - 1u));
  let rows_high = a_start + params.a_row * min(row + vec4(4u, 5u, 6u, 7u), vec4(params.m - 1u));
  let inside_low = min(column + WORKGROUP_X * vec4(0u, 1u, 2u, 3u), vec4(params.n - 1u));
  let inside_high = min(column + WORKGROUP_X * vec4(4u, 5u, 6u, 7u), vec4(params.n - 1u));
  let columns_low = b_start + params.b_column * inside_low;
  let columns_high = b_start + params.b_column * inside_high;

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
  var a_offset = first * params.a_inner;
  var b_offset = first * params.b_inner;
  for (var p = first; p < last; p++) {
    let low_at = columns_low + b_offset;
    let b_low = vec4(read_b(low_at.x), read_b(low_at.y), read_b(low_at.z), read_b(low_at.w));
    let high_at = columns_high + b_offset;
    let b_high = vec4(read_b(high_at.x), read_b(high_at.y), read_b(high_at.z), read_b(high_at.w));
    let top_at = rows_low + a_offset;
    let bottom_at = rows_high + a_offset;
    let row0 = a[top_at.x];
    c0_low += row0 * b_low;
    c0_high += row0 * b_high;
    let row1 = a[top_at.y];
    c1_low += row1 * b_low;
    c1_high += row1 * b_high;
    let row2 = a[top_at.z];
    c2_low += row2 * b_low;
    c2_high += row2 * b_high;
    let row3 = a[top_at.w];
    c3_low += row3 * b_low;
    c3_high += row3 * b_high;
    let row4 = a[bottom_at.x];
    c4_low += row4 * b_low;
    c4_high += row4 * b_high;
    let row5 = a[bottom_at.y];
    c5_low += row5 * b_low;
    c5_high += row5 * b_high;
    let row6 = a[bottom_at.z];
    c6_low += row6 * b_low;
    c6_high += row6 * b_high;
    let row7 = a[bottom_at.w];
    c7_low += row7 * b_low;
    c7_high += row7 * b_high;
    a_offset += params.a_inner;
    b_offset += params.b_inner;
  }

  // Loaded once for all rows, and added last: sums that begin with a large bias lose digits of their products.
  var bias_low = vec4(0.0);
  var bias_high = vec4(0.0);
  if (params.add_bias != 0u) {
    bias_low = vec4(bias[inside_low.x], bias[inside_low.y], bias[inside_low.z], bias[inside_low.w]);
    bias_high = vec4(bias[inside_high.x], bias[inside_high.y], bias[inside_high.z], bias[inside_high.w]);
  }

  // A loop over the rows, not one block for each: software adapters compile every store at great length.
  let rows = min(8u, params.m - min(row, params.m));
  for (var i = 0u; i < rows; i++) {
    var low = c0_low;
    var high = c0_high;
    switch i {
      case 1u: {
        low = c1_low;
        high = c1_high;
      }
      case 2u: {
        low = c2_low;
        high = c2_high;
      }
      case 3u: {
        low = c3_low;
        high = c3_high;
      }
      case 4u: {
        low = c4_low;
        high = c4_high;
      }
      case 5u: {
        low = c5_low;
        high = c5_high;
      }
      case 6u: {
        low = c6_low;
        high = c6_high;
      }
      case 7u: {
        low = c7_low;
        high = c7_high;
      }
      default: {}
    }
    low += bias_low;
    high += bias_high;
    let at = c_start + (row + i) * params.c_row;
    store(at, column, low.x);
    store(at, column + WORKGROUP_X, low.y);
    store(at, column + 2u * WORKGROUP_X, low.z);
    store(at, column + 3u * WORKGROUP_X, low.w);
    store(at, column + 4u * WORKGROUP_X, high.x);
    store(at, column + 5u * WORKGROUP_X, high.y);
    store(at, column + 6u * WORKGROUP_X, high.z);
    store(at, column + 7u * WORKGROUP_X, high.w);
  }
}
