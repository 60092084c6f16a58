// C (m, n) = A (m, k) · B (k, n) [+ bias (n)] [+ addend] [+ C], for each batch; A and B in any orientation, told by strides.
// A workgroup computes TILE_M × TILE_N from tiles of A and B that it shares in workgroup memory, both inner-major
// whatever the orientation. Each invocation holds a THREADS-strided grid of (TILE_M / THREADS_Y) × (TILE_N / THREADS_X).

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

// Operands are loaded A_WIDTH and B_WIDTH numbers at a time along the dimension in which they are contiguous:
// f32 and 1, or vec4<f32> and 4 where that dimension (and the slice) is a multiple of four. With B_BF16 B's numbers lie
// two in a word, the even one low: u32 and 1, or vec4<u32> and 8.
alias AElement = f32;
alias BElement = f32;
const A_WIDTH: u32 = 1u;
const B_WIDTH: u32 = 1u;
const B_BF16: bool = false;
const A_ALONG_INNER: bool = true; // a_inner is 1; else a_row is
const B_ALONG_INNER: bool = true; // b_inner is 1; else b_column is

@group(0) @binding(0) var<storage, read> a: array<AElement>;
@group(0) @binding(1) var<storage, read> b: array<BElement>;
@group(0) @binding(2) var<storage, read> bias: array<f32>; // (n), read only if add_bias
@group(0) @binding(3) var<storage, read> addend: array<f32>; // (m, n), read only if add_addend
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const TILE_M: u32 = 64u;
const TILE_N: u32 = 64u;
const TILE_K: u32 = 16u;
const THREADS_X: u32 = 16u;
const THREADS_Y: u32 = 16u;
const THREADS = THREADS_X * THREADS_Y;
const ROWS = TILE_M / THREADS_Y; // of one invocation
const B_HELD = select(B_WIDTH, max(B_WIDTH, 2u), B_BF16); // numbers in a BElement
const QUADS = TILE_N / THREADS_X / 4u; // fours of columns of one invocation
// One more than the tile: neighbours along the inner dimension then lie in different banks.
const A_STRIDE = TILE_M + 1u;
const B_STRIDE = TILE_N + 1u;

var<workgroup> a_tile: array<f32, TILE_K * A_STRIDE>;
var<workgroup> b_tile: array<f32, TILE_K * B_STRIDE>;

// Copies A[row .. row + TILE_M, inner .. inner + TILE_K] into a_tile; zero past `last`, the last row past the edge.
fn load_a(row: u32, inner: u32, last: u32, start: u32, local: u32) {
  for (var load = local; load < TILE_M * TILE_K / A_WIDTH; load += THREADS) {
    var i: u32;
    var p: u32;
    if (A_ALONG_INNER) {
      i = load / (TILE_K / A_WIDTH);
      p = load % (TILE_K / A_WIDTH) * A_WIDTH;
    } else {
      i = load % (TILE_M / A_WIDTH) * A_WIDTH;
      p = load / (TILE_M / A_WIDTH);
    }
    let i_safe = min(row + i, params.m - select(A_WIDTH, 1u, A_ALONG_INNER));
    let p_safe = min(inner + p, last - select(1u, A_WIDTH, A_ALONG_INNER));
    let loaded = vec4<f32>(a[(start + i_safe * params.a_row + p_safe * params.a_inner) / A_WIDTH]);
    for (var w = 0u; w < A_WIDTH; w++) {
      let at = select((p * A_STRIDE + i) + w, (p + w) * A_STRIDE + i, A_ALONG_INNER);
      a_tile[at] = select(0.0, loaded[w], inner + p < last);
    }
  }
}

// Copies B[inner .. inner + TILE_K, column .. column + TILE_N] into b_tile; edges as load_a.
fn load_b(column: u32, inner: u32, last: u32, start: u32, local: u32) {
  for (var load = local; load < TILE_N * TILE_K / B_WIDTH; load += THREADS) {
    var j: u32;
    var p: u32;
    if (B_ALONG_INNER) {
      j = load / (TILE_K / B_WIDTH);
      p = load % (TILE_K / B_WIDTH) * B_WIDTH;
    } else {
      j = load % (TILE_N / B_WIDTH) * B_WIDTH;
      p = load / (TILE_N / B_WIDTH);
    }
    let j_safe = min(column + j, params.n - select(B_WIDTH, 1u, B_ALONG_INNER));
    let p_safe = min(inner + p, last - select(1u, B_WIDTH, B_ALONG_INNER));
    let first = start + j_safe * params.b_column + p_safe * params.b_inner;
    let loaded = vec4(b[first / B_HELD]);
    for (var w = 0u; w < B_WIDTH; w++) {
      var value = f32(loaded[w % 4u]);
      if (B_BF16) {
        let held = (first + w) % B_HELD;
        value = bitcast<f32>((bitcast<u32>(loaded[held / 2u]) >> (16u * (held % 2u))) << 16u);
      }
      let at = select((p * B_STRIDE + j) + w, (p + w) * B_STRIDE + j, B_ALONG_INNER);
      b_tile[at] = select(0.0, value, inner + p < last);
    }
  }
}

fn store(row: u32, column: u32, start: u32, value: f32) {
  if (row < params.m && column < params.n) {
    let at = start + row * params.c_row + column;
    var result = value;
    if (params.add_bias != 0u) {
      result += bias[column];
    }
    if (params.add_addend != 0u) {
      result += addend[at];
    }
    if (params.accumulate != 0u) {
      result += c[at];
    }
    c[at] = result;
  }
}

@compute @workgroup_size(THREADS_X, THREADS_Y)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = workgroup.y * TILE_M;
  let column = workgroup.x * TILE_N;
  let product = workgroup.z / params.slices;
  let batch = product / params.heads;
  let head = product % params.heads;
  let a_start = params.a_first + batch * params.a_batch + head * params.a_head;
  let b_start = params.b_first + batch * params.b_batch + head / params.b_group * params.b_head;
  let c_start = batch * params.c_batch + head * params.c_head + workgroup.z % params.slices * params.c_slice;
  var first = workgroup.z % params.slices * params.slice;
  var last = min(first + params.slice, params.k);
  if (params.causal == 1u && column >= row + TILE_M) {
    return;
  }
  if (params.causal == 2u) {
    last = min(last, row + TILE_M);
  }
  if (params.causal == 3u) {
    first = max(first, row);
  }

  var sums: array<vec4<f32>, ROWS * QUADS>;
  for (var inner = first; inner < last; inner += TILE_K) {
    load_a(row, inner, last, a_start, local);
    load_b(column, inner, last, b_start, local);
    workgroupBarrier(); // the tiles are whole
    for (var p = 0u; p < TILE_K; p++) {
      var b_row: array<vec4<f32>, QUADS>;
      for (var quad = 0u; quad < QUADS; quad++) {
        let at = p * B_STRIDE + thread.x + quad * 4u * THREADS_X;
        b_row[quad] = vec4(b_tile[at], b_tile[at + THREADS_X], b_tile[at + 2u * THREADS_X], b_tile[at + 3u * THREADS_X]);
      }
      for (var i = 0u; i < ROWS; i++) {
        let a_value = a_tile[p * A_STRIDE + thread.y + i * THREADS_Y];
        for (var quad = 0u; quad < QUADS; quad++) {
          sums[i * QUADS + quad] += a_value * b_row[quad];
        }
      }
    }
    workgroupBarrier(); // nobody reads the tiles any more: the next turn overwrites them
  }

  for (var i = 0u; i < ROWS; i++) {
    for (var quad = 0u; quad < QUADS; quad++) {
      let sum = sums[i * QUADS + quad];
      for (var w = 0u; w < 4u; w++) {
        store(row + thread.y + i * THREADS_Y, column + thread.x + (quad * 4u + w) * THREADS_X, c_start, sum[w]);
      }
    }
  }
}
