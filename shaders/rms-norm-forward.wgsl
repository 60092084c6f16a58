// y = x * rstd * weight [+ addend] for each row of x (N, C), with rstd = 1/sqrt(mean(x^2) + epsilon), which is saved (N).
// LANES invocations share a row; their partial sums are added in a fixed tree, as are the WIDTH parts of an Element.

struct Params {
  rows: u32,
  columns: u32, // in Elements
  epsilon: f32,
  add_addend: u32, // 1: + addend
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> weight: array<Element>;
@group(0) @binding(2) var<storage, read> addend: array<Element>; // (N, C), read only if add_addend
@group(0) @binding(3) var<storage, read_write> y: array<Element>;
@group(0) @binding(4) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

alias Element = f32;
const WIDTH: u32 = 1u;
const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;
const REST: f32 = f32(WIDTH / 4u);

fn across(value: Element) -> f32 {
  return dot(vec4<f32>(value), vec4<f32>(1.0, REST, REST, REST));
}

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn row_sum(local: u32, value: f32) -> f32 {
  if (LANES == 1u) {
    return value;
  }
  partial[local] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local % LANES < half) {
      partial[local] += partial[local + half];
    }
  }
  workgroupBarrier();
  return partial[local - local % LANES];
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * ROWS + local / LANES;
  let inside = row < params.rows;
  let lane = local % LANES;
  let columns = params.columns;
  let start = min(row, params.rows - 1u) * columns;

  var squares = Element(0.0);
  for (var c = lane; c < columns; c += LANES) {
    squares += x[start + c] * x[start + c];
  }
  let r = 1.0 / sqrt(row_sum(local, across(squares)) / f32(columns * WIDTH) + params.epsilon);

  if (inside) {
    for (var c = lane; c < columns; c += LANES) {
      var result = x[start + c] * r * weight[c];
      if (params.add_addend != 0u) {
        result += addend[start + c];
      }
      y[start + c] = result;
    }
    if (lane == 0u) {
      rstd[row] = r;
    }
  }
}
