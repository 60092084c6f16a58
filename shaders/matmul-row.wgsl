// C (m, n) = A (m, k) · B (k, n) [+ bias (n)] [+ addend] [+ C], for each batch, where A has few rows and B lies along the inner
// dimension, as a weight (n, k) does when decoding. A workgroup computes COLUMNS columns of one row: LANES invocations
// walk each column's inner dimension side by side, then add their sums in a fixed order. A single lane has nobody to
// wait for: where a barrier is dear, as on a CPU, that is the fast variant. A row's bits do not depend on other rows.

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

// B's numbers are f32, or, with u32 and B_BF16, bf16 two in a word, the even one low. With B_PAIRS as well both of a
// word are taken at once: columns lie along the inner dimension, and start and end with whole words.
alias BElement = f32;
const B_BF16: bool = false;
const B_PAIRS: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<BElement>;
@group(0) @binding(2) var<storage, read> bias: array<f32>; // (n), read only if add_bias
@group(0) @binding(3) var<storage, read> addend: array<f32>; // (m, n), read only if add_addend
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const COLUMNS: u32 = 4u;
const LANES: u32 = 16u;

var<workgroup> partial: array<f32, COLUMNS * LANES>;

fn read_b(at: u32) -> f32 {
  if (B_BF16) {
    return bitcast<f32>((bitcast<u32>(b[at / 2u]) >> (16u * (at % 2u))) << 16u);
  }
  return f32(b[at]);
}

// Numbers `at` and `at` + 1, `at` even, of one word.
fn read_pair_of_b(at: u32) -> vec2<f32> {
  let word = bitcast<u32>(b[at / 2u]);
  return vec2(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u));
}

@compute @workgroup_size(LANES, COLUMNS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = workgroup.y;
  let column = workgroup.x * COLUMNS + local.y;
  let product = workgroup.z / params.slices;
  let batch = product / params.heads;
  let head = product % params.heads;
  let a_start = params.a_first + batch * params.a_batch + head * params.a_head + row * params.a_row;
  let b_start = params.b_first + batch * params.b_batch + head / params.b_group * params.b_head;
  let b_column = b_start + min(column, params.n - 1u) * params.b_column;
  let c_start = batch * params.c_batch + head * params.c_head + workgroup.z % params.slices * params.c_slice;
  var first = workgroup.z % params.slices * params.slice;
  var last = min(first + params.slice, params.k);
  if (params.causal == 1u && workgroup.x * COLUMNS >= row + 1u) {
    return;
  }
  if (params.causal == 2u) {
    last = min(last, row + 1u);
  }
  if (params.causal == 3u) {
    first = max(first, row);
  }
  // Four sums side by side: one alone would wait for its own last addition.
  var sums = vec4<f32>();
  if (B_PAIRS) {
    var p = first + 2u * local.x;
    for (; p + 2u * LANES < last; p += 4u * LANES) {
      let at = a_start + p * params.a_inner;
      let a_step = 2u * LANES * params.a_inner;
      sums += vec4(a[at], a[at + params.a_inner], a[at + a_step], a[at + a_step + params.a_inner]) *
        vec4(read_pair_of_b(b_column + p), read_pair_of_b(b_column + p + 2u * LANES));
    }
    for (; p < last; p += 2u * LANES) {
      let at = a_start + p * params.a_inner;
      sums += vec4(vec2(a[at], a[at + params.a_inner]) * read_pair_of_b(b_column + p), 0.0, 0.0);
    }
  } else {
    var p = first + local.x;
    for (; p + 3u * LANES < last; p += 4u * LANES) {
      let at = a_start + p * params.a_inner;
      let to = b_column + p * params.b_inner;
      let a_step = LANES * params.a_inner;
      let b_step = LANES * params.b_inner;
      sums += vec4(a[at], a[at + a_step], a[at + 2u * a_step], a[at + 3u * a_step]) *
        vec4(read_b(to), read_b(to + b_step), read_b(to + 2u * b_step), read_b(to + 3u * b_step));
    }
    for (; p < last; p += LANES) {
      sums.x += a[a_start + p * params.a_inner] * read_b(b_column + p * params.b_inner);
    }
  }
  var total = (sums.x + sums.y) + (sums.z + sums.w);
  if (LANES > 1u) {
    partial[local.y * LANES + local.x] = total;
    workgroupBarrier();
    total = 0.0;
    for (var lane = 0u; lane < LANES; lane++) {
      total += partial[local.y * LANES + lane];
    }
  }
  if (local.x == 0u && column < params.n) {
    let at = c_start + row * params.c_row + column;
    if (params.add_bias != 0u) {
      total += bias[column];
    }
    if (params.add_addend != 0u) {
      total += addend[at];
    }
    if (params.accumulate != 0u) {
      total += c[at];
    }
    c[at] = total;
  }
}
