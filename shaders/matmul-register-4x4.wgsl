// C (m, n) = A (m, k) · B (k, n) [+ bias (n)] [+ addend] [+ C], for each batch; A and B in any orientation, told by strides.
// Each invocation holds 4 rows × 4 columns in registers and needs no workgroup memory. Its columns lie
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
  let row = (workgroup.y * WORKGROUP_Y + local.y) * 4u;
  let column = workgroup.x * WORKGROUP_X * 4u + local.x;
  let product = workgroup.z / params.slices;
  let batch = product / params.heads;
  let head = product % params.heads;
  let a_start = params.a_first + batch * params.a_batch + head * params.a_head;
  let b_start = params.b_first + batch * params.b_batch + head / params.b_group * params.b_head;
  let c_start = batch * params.c_batch + head * params.c_head + workgroup.z % params.slices * params.c_slice;
  var first = workgroup.z % params.slices * params.slice;
  var last = min(first + params.slice, params.k);
  if (params.causal == 1u && workgroup.x * WORKGROUP_X * 4u >= row + 4u) {
    return;
  }
  if (params.causal == 2u) {
    last = min(last, row + 4u);
  }
  if (params.causal == 3u) {
    first = max(first, row);
  }

  // Rows and columns past the edge load the last one; they are not stored.
  let a_rows = a_start + params.a_row * min(row + vec4(0u, 1u, 2u, 3u), vec4(params.m - 1u));
  let inside = min(column + WORKGROUP_X * vec4(0u, 1u, 2u, 3u), vec4(params.n - 1u));
  let columns = b_start + params.b_column * inside;

  var c0 = vec4(0.0);
  var c1 = vec4(0.0);
  var c2 = vec4(0.0);
  var c3 = vec4(0.0);
  var a_offset = first * params.a_inner;
  var b_offset = first * params.b_inner;
  for (var p = first; p < last; p++) {
    let b_at = columns + b_offset;
    let b_row = vec4(read_b(b_at.x), read_b(b_at.y), read_b(b_at.z), read_b(b_at.w));
    let a_at = a_rows + a_offset;
    c0 += a[a_at.x] * b_row;
    c1 += a[a_at.y] * b_row;
    c2 += a[a_at.z] * b_row;
    c3 += a[a_at.w] * b_row;
    a_offset += params.a_inner;
    b_offset += params.b_inner;
  }

  // Loaded once for all rows, and added last: sums that begin with a large bias lose digits of their products.
  var bias_row = vec4(0.0);
  if (params.add_bias != 0u) {
    bias_row = vec4(bias[inside.x], bias[inside.y], bias[inside.z], bias[inside.w]);
  }

  // A loop over the rows, not one block for each: software adapters compile every store at great length.
  let rows = min(4u, params.m - min(row, params.m));
  for (var i = 0u; i < rows; i++) {
    var values = c0;
    switch i {
      case 1u: {
        values = c1;
      }
      case 2u: {
        values = c2;
      }
      case 3u: {
        values = c3;
      }
      default: {}
    }
    values += bias_row;
    let at = c_start + (row + i) * params.c_row;
    store(at, column, values.x);
    store(at, column + WORKGROUP_X, values.y);
    store(at, column + 2u * WORKGROUP_X, values.z);
    store(at, column + 3u * WORKGROUP_X, values.w);
  }
}
