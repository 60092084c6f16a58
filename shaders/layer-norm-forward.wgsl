// y = (x - mean) * rstd * weight + bias for each row of x (N, C), with mean and rstd = 1/sqrt(variance + epsilon) of the
// row; both are saved (N). The variance is taken about the mean in a second pass, which keeps its digits.
// LANES invocations share a row; their partial sums are added in a fixed tree, as are the WIDTH parts of an Element.

struct Params {
  rows: u32,
  columns: u32, // in Elements
  epsilon: f32,
}

@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read> weight: array<Element>;
@group(0) @binding(2) var<storage, read> bias: array<Element>;
@group(0) @binding(3) var<storage, read_write> y: array<Element>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

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
  let total = partial[local - local % LANES];
  workgroupBarrier();
  return total;
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

  var sum = Element(0.0);
  for (var c = lane; c < columns; c += LANES) {
    sum += x[start + c];
  }
  let m = row_sum(local, across(sum)) / f32(columns * WIDTH);

  var squares = Element(0.0);
  for (var c = lane; c < columns; c += LANES) {
    let centred = x[start + c] - m;
    squares += centred * centred;
  }
  let r = 1.0 / sqrt(row_sum(local, across(squares)) / f32(columns * WIDTH) + params.epsilon);

  if (inside) {
    for (var c = lane; c < columns; c += LANES) {
      y[start + c] = (x[start + c] - m) * r * weight[c] + bias[c];
    }
    if (lane == 0u) {
      mean[row] = m;
      rstd[row] = r;
    }
  }
}
