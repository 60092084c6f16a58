// dx of RMS norm for each row of (N, C): with g = dy * weight and n = x * rstd, dx = rstd * (g - n * mean(g * n)).
// LANES invocations share a row; their partial sums are added in a fixed tree.

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> rstd: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;

var<workgroup> partial: array<f32, WORKGROUP_SIZE>;

fn row_sum(local: u32, value: f32) -> f32 {
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
  let safe_row = min(row, params.rows - 1u);
  let start = safe_row * columns;
  let r = rstd[safe_row];

  var projection = 0.0;
  for (var c = lane; c < columns; c += LANES) {
    projection += dy[start + c] * weight[c] * x[start + c] * r;
  }
  let mean_projection = row_sum(local, projection) / f32(columns);

  if (inside) {
    for (var c = lane; c < columns; c += LANES) {
      dx[start + c] = r * (dy[start + c] * weight[c] - x[start + c] * r * mean_projection);
    }
  }
}
