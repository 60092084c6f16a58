// dq[i] = scale · Σ_{j ≤ i} p[i, j] (dy[i]·v[j] − delta[i]) k[j], p = exp(scale · q[i]·k[j] − logsumexp[i]).
// q, dy, dq (B, T, H, D), k, v (B, T, K, D), logsumexp, delta (B, H, T). One invocation per query, keys in pairs.

struct Params {
  batch: u32,
  time: u32,
  heads: u32,
  key_heads: u32,
  scale: f32,
  elements: u32, // ELEMENTS, as data: a loop of known length is unrolled, and software compiles that for half a minute
}

// A head's numbers are loaded WIDTH at a time: f32 and 1, or vec4<f32> and 4.
alias Element = f32;
const WIDTH: u32 = 1u;
const HEAD_SIZE: u32 = 16u;
const ELEMENTS = HEAD_SIZE / WIDTH;
const WORKGROUP_SIZE: u32 = 64u;

@group(0) @binding(0) var<storage, read> q: array<Element>;
@group(0) @binding(1) var<storage, read> k: array<Element>;
@group(0) @binding(2) var<storage, read> v: array<Element>;
@group(0) @binding(3) var<storage, read> logsumexp: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<Element>;
@group(0) @binding(6) var<storage, read_write> dq: array<Element>;
@group(0) @binding(7) var<uniform> params: Params;

// The sum of an Element's numbers.
fn total(x: Element) -> f32 {
  let lanes = vec4<f32>(x);
  return select(lanes.x, lanes.x + lanes.y + lanes.z + lanes.w, WIDTH == 4u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (index >= params.batch * params.heads * params.time) {
    return;
  }
  let i = index % params.time;
  let head = index / params.time % params.heads;
  let batch = index / (params.time * params.heads);
  let key_head = head / (params.heads / params.key_heads);
  let query_at = ((batch * params.time + i) * params.heads + head) * ELEMENTS;
  let key_start = (batch * params.time * params.key_heads + key_head) * ELEMENTS;
  let key_step = params.key_heads * ELEMENTS;

  var query: array<Element, ELEMENTS>;
  var query_gradient: array<Element, ELEMENTS>;
  var output_gradient: array<Element, ELEMENTS>;
  for (var d = 0u; d < params.elements; d++) {
    query[d] = q[query_at + d] * params.scale;
    output_gradient[d] = dy[query_at + d];
    query_gradient[d] = Element();
  }
  let normalizer = logsumexp[index];
  let row_delta = delta[index];
  for (var j = 0u; j <= i; j += 2u) {
    // A second key past the query repeats the query's own key and counts 0.
    let at = key_start + min(vec2(j, j + 1u), vec2(i)) * key_step;
    var s0 = Element();
    var s1 = Element();
    var dp0 = Element();
    var dp1 = Element();
    for (var d = 0u; d < params.elements; d++) {
      s0 += query[d] * k[at.x + d];
      s1 += query[d] * k[at.y + d];
      dp0 += output_gradient[d] * v[at.x + d];
      dp1 += output_gradient[d] * v[at.y + d];
    }
    let p = exp(clamp(vec2(total(s0), total(s1)) - normalizer, vec2(-100.0), vec2(0.0)));
    let ds = p * (vec2(total(dp0), total(dp1)) - row_delta);
    let ds1 = select(0.0, ds.y, j + 1u <= i);
    for (var d = 0u; d < params.elements; d++) {
      query_gradient[d] += ds.x * k[at.x + d] + ds1 * k[at.y + d];
    }
  }
  for (var d = 0u; d < params.elements; d++) {
    dq[query_at + d] = query_gradient[d] * params.scale;
  }
}
