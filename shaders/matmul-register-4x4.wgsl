// C (m, n) = A (m, k) · B (k, n) [+ bias (n)] [+ C], for each batch; A and B in any orientation, told by strides.
// Each invocation holds 4 rows × 4 columns in registers and needs no workgroup memory. Its columns lie
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
  slices: u32, // the inner dimension is cut into slices, each with an output of its own
  slice: u32, // inner length of a slice
  add_bias: u32, // 1: + bias[column]
  accumulate: u32, // 1: + what C held
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>; // (n), read only if add_bias
@group(0) @binding(3) var<storage, read_write> c: array<f32>; // (batch · slices, m, n)
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_X: u32 = 8u;
const WORKGROUP_Y: u32 = 8u;

fn store(at: u32, column: u32, value: f32) {
  if (column < params.n) {
    var result = value;
    if (params.add_bias != 0u) {
      result += bias[column];
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
  let batch = workgroup.z / params.slices;
  let first = (workgroup.z % params.slices) * params.slice;
  let last = min(first + params.slice, params.k);

  // Rows and columns past the edge load the last one; they are not stored.
  let a_start = batch * params.a_batch + first * params.a_inner;
  let a_rows = a_start + params.a_row * min(row + vec4(0u, 1u, 2u, 3u), vec4(params.m - 1u));
  let b_start = batch * params.b_batch + first * params.b_inner;
  let columns = b_start + params.b_column * min(column + WORKGROUP_X * vec4(0u, 1u, 2u, 3u), vec4(params.n - 1u));

  var c0 = vec4(0.0);
  var c1 = vec4(0.0);
  var c2 = vec4(0.0);
  var c3 = vec4(0.0);
  var a_offset = 0u;
  var b_offset = 0u;
  for (var p = first; p < last; p++) {
    let b_at = columns + b_offset;
    let b_row = vec4(b[b_at.x], b[b_at.y], b[b_at.z], b[b_at.w]);
    let a_at = a_rows + a_offset;
    c0 += a[a_at.x] * b_row;
    c1 += a[a_at.y] * b_row;
    c2 += a[a_at.z] * b_row;
    c3 += a[a_at.w] * b_row;
    a_offset += params.a_inner;
    b_offset += params.b_inner;
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
    let at = (workgroup.z * params.m + row + i) * params.n;
    store(at, column, values.x);
    store(at, column + WORKGROUP_X, values.y);
    store(at, column + 2u * WORKGROUP_X, values.z);
    store(at, column + 3u * WORKGROUP_X, values.w);
  }
}
