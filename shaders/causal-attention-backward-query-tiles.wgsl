// dq[i] = scale · Σ_{j ≤ i} p[i, j] (dy[i]·v[j] − delta[i]) k[j], p = exp(scale · q[i]·k[j] − logsumexp[i]).
// q, dy, dq (B, T, H, D), k, v (B, T, K, D), logsumexp, delta (B, H, T). As causal-attention-backward-query, but a
// workgroup of neighbouring queries shares tiles of keys and values in workgroup memory.

struct Params {
  batch: u32,
  time: u32,
  heads: u32,
  key_heads: u32,
  scale: f32,
}

// A head's numbers are loaded WIDTH at a time: f32 and 1, or vec4<f32> and 4.
alias Element = f32;
const WIDTH: u32 = 1u;
const HEAD_SIZE: u32 = 16u;
const ELEMENTS = HEAD_SIZE / WIDTH;
const WORKGROUP_SIZE: u32 = 64u;
const TILE: u32 = 32u; // keys that the workgroup holds at a time

@group(0) @binding(0) var<storage, read> q: array<Element>;
@group(0) @binding(1) var<storage, read> k: array<Element>;
@group(0) @binding(2) var<storage, read> v: array<Element>;
@group(0) @binding(3) var<storage, read> logsumexp: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<Element>;
@group(0) @binding(6) var<storage, read_write> dq: array<Element>;
@group(0) @binding(7) var<uniform> params: Params;

var<workgroup> key_tile: array<Element, TILE * ELEMENTS>;
var<workgroup> value_tile: array<Element, TILE * ELEMENTS>;

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
  // The last queries see the most keys: their workgroups come first.
  let block = (workgroups.x - 1u - workgroup.x) * WORKGROUP_SIZE;
  let head = workgroup.y;
  let batch = workgroup.z;
  let key_head = head / (params.heads / params.key_heads);
  // Past the end the last query is computed again and not stored: every invocation must meet the barriers.
  let i = min(block + local, params.time - 1u);
  let end = min(block + WORKGROUP_SIZE, params.time);
  let query_at = ((batch * params.time + i) * params.heads + head) * ELEMENTS;
  let row = (batch * params.heads + head) * params.time + i;
  let key_start = (batch * params.time * params.key_heads + key_head) * ELEMENTS;
  let key_step = params.key_heads * ELEMENTS;

  var query: array<Element, ELEMENTS>;
  var query_gradient: array<Element, ELEMENTS>;
  var output_gradient: array<Element, ELEMENTS>;
  for (var d = 0u; d < ELEMENTS; d++) {
    query[d] = q[query_at + d] * params.scale;
    output_gradient[d] = dy[query_at + d];
    query_gradient[d] = Element();
  }
  let normalizer = logsumexp[row];
  let row_delta = delta[row];
  for (var start = 0u; start < end; start += TILE) {
    for (var e = local; e < TILE * ELEMENTS; e += WORKGROUP_SIZE) {
      let source = key_start + min(start + e / ELEMENTS, params.time - 1u) * key_step + e % ELEMENTS;
      key_tile[e] = k[source];
      value_tile[e] = v[source];
    }
    workgroupBarrier(); // the tiles are whole
    let seen = min(max(i + 1u, start) - start, TILE); // keys of this tile that the query sees
    for (var j = 0u; j < seen; j += 2u) {
      // A second key past the last one seen repeats it and counts 0.
      let at = min(vec2(j, j + 1u), vec2(seen - 1u)) * ELEMENTS;
      var s0 = Element();
      var s1 = Element();
      var dp0 = Element();
      var dp1 = Element();
      for (var d = 0u; d < ELEMENTS; d++) {
        s0 += query[d] * key_tile[at.x + d];
        s1 += query[d] * key_tile[at.y + d];
        dp0 += output_gradient[d] * value_tile[at.x + d];
        dp1 += output_gradient[d] * value_tile[at.y + d];
      }
      let p = exp(clamp(vec2(total(s0), total(s1)) - normalizer, vec2(-100.0), vec2(0.0)));
      let ds = p * (vec2(total(dp0), total(dp1)) - row_delta);
      let ds1 = select(0.0, ds.y, j + 1u < seen);
      for (var d = 0u; d < ELEMENTS; d++) {
        query_gradient[d] += ds.x * key_tile[at.x + d] + ds1 * key_tile[at.y + d];
      }
    }
    workgroupBarrier(); // nobody reads the tiles any more: the next turn overwrites them
  }
  if (block + local < params.time) {
    for (var d = 0u; d < ELEMENTS; d++) {
      dq[query_at + d] = query_gradient[d] * params.scale;
    }
  }
}
