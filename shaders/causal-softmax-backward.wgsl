// In place, for each element of `matrices` T × T matrices: s becomes p = exp(scale · s − logsumexp[i]), and dp becomes
// ds = scale · p (dp − delta[i]), both 0 right of the diagonal; delta[i] = Σ_j p[i, j] dp[i, j] is given.

struct Params {
  matrices: u32,
  time: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> logsumexp: array<f32>; // (matrices, T)
@group(0) @binding(1) var<storage, read> delta: array<f32>; // (matrices, T)
@group(0) @binding(2) var<storage, read_write> scores: array<f32>; // (matrices, T, T)
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>; // (matrices, T, T)
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let at = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (at >= params.matrices * params.time * params.time) {
    return;
  }
  let row = at / params.time;
  var p = 0.0;
  var ds = 0.0;
  if (at % params.time <= row % params.time) {
    p = exp(clamp(params.scale * scores[at] - logsumexp[row], -100.0, 0.0));
    ds = params.scale * p * (gradient[at] - delta[row]);
  }
  scores[at] = p;
  gradient[at] = ds;
}
