// y[n] = the column of the largest value in row n of x (N, V); the first of equals.
// LANES invocations share a row; their candidates are joined in a fixed tree.

struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;
@group(0) @binding(2) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const LANES: u32 = 16u;
const ROWS: u32 = WORKGROUP_SIZE / LANES;
const LOWEST: f32 = -3.4e38;

struct Candidate {
  value: f32,
  column: u32,
}

var<workgroup> candidates: array<Candidate, WORKGROUP_SIZE>;

fn better(a: Candidate, b: Candidate) -> Candidate {
  if (b.value > a.value || (b.value == a.value && b.column < a.column)) {
    return b;
  }
  return a;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (workgroup.y * workgroups.x + workgroup.x) * ROWS + local / LANES;
  let lane = local % LANES;
  let start = min(row, params.rows - 1u) * params.columns;

  // A lane past the end of a short row starts, and stays, worse than every column.
  var best = Candidate(LOWEST, params.columns);
  for (var c = lane; c < params.columns; c += LANES) {
    best = better(best, Candidate(x[start + c], c));
  }
  candidates[local] = best;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      candidates[local] = better(candidates[local], candidates[local + half]);
    }
  }
  if (lane == 0u && row < params.rows) {
    y[row] = i32(candidates[local].column);
  }
}
