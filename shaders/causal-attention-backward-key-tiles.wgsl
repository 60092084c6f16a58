// dv[j] = Σ_{h, i ≥ j} p[h, i, j] dy[h, i] and dk[j] = scale · Σ_{h, i ≥ j} p (dy[h, i]·v[j] − delta[h, i]) q[h, i],
// over the query heads h that read this key head; p = exp(scale · q·k − logsumexp). q, dy (B, T, H, D),
// k, v, dk, dv (B, T, K, D), logsumexp, delta (B, H, T). As causal-attention-backward-key, but a workgroup of
// neighbouring keys shares tiles of queries in workgroup memory.

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
const TILE: u32 = 32u; // queries that the workgroup holds at a time

@group(0) @binding(0) var<storage, read> q: array<Element>;
@group(0) @binding(1) var<storage, read> k: array<Element>;
@group(0) @binding(2) var<storage, read> v: array<Element>;
@group(0) @binding(3) var<storage, read> logsumexp: array<f32>;
@group(0) @binding(4) var<storage, read> delta: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<Element>;
@group(0) @binding(6) var<storage, read_write> dk: array<Element>;
@group(0) @binding(7) var<storage, read_write> dv: array<Element>;
@group(0) @binding(8) var<uniform> params: Params;

var<workgroup> query_tile: array<Element, TILE * ELEMENTS>;
var<workgroup> gradient_tile: array<Element, TILE * ELEMENTS>;
var<workgroup> normalizer_tile: array<f32, TILE>;
var<workgroup> delta_tile: array<f32, TILE>;

// The sum of an Element's numbers.
fn total(x: Element) -> f32 {
  let lanes = vec4<f32>(x);
  return select(lanes.x, lanes.x + lanes.y + lanes.z + lanes.w, WIDTH == 4u);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let block = workgroup.x * WORKGROUP_SIZE; // the first keys are seen by the most queries, and come first
  let key_head = workgroup.y;
  let batch = workgroup.z;
  let group = params.heads / params.key_heads;
  // Past the end the last key is computed again and not stored: every invocation must meet the barriers.
  let j = min(block + local, params.time - 1u);
  let key_at = ((batch * params.time + j) * params.key_heads + key_head) * ELEMENTS;

  var key: array<Element, ELEMENTS>;
  var value: array<Element, ELEMENTS>;
  var key_gradient: array<Element, ELEMENTS>;
  var value_gradient: array<Element, ELEMENTS>;
  for (var d = 0u; d < ELEMENTS; d++) {
    key[d] = k[key_at + d] * params.scale;
    value[d] = v[key_at + d];
    key_gradient[d] = Element();
    value_gradient[d] = Element();
  }
  for (var head = key_head * group; head < (key_head + 1u) * group; head++) {
    let row = (batch * params.heads + head) * params.time;
    for (var start = block; start < params.time; start += TILE) {
      for (var e = local; e < TILE * ELEMENTS; e += WORKGROUP_SIZE) {
        let i = min(start + e / ELEMENTS, params.time - 1u);
        let source = ((batch * params.time + i) * params.heads + head) * ELEMENTS + e % ELEMENTS;
        query_tile[e] = q[source];
        gradient_tile[e] = dy[source];
      }
      for (var e = local; e < TILE; e += WORKGROUP_SIZE) {
        let i = min(start + e, params.time - 1u);
        normalizer_tile[e] = logsumexp[row + i];
        delta_tile[e] = delta[row + i];
      }
      workgroupBarrier(); // the tiles are whole
      let end = min(params.time - start, TILE);
      for (var i = min(max(j, start) - start, TILE); i < end; i += 2u) {
        // A second query past the end repeats the last one and counts 0.
        let second = min(i + 1u, end - 1u);
        let at = vec2(i, second) * ELEMENTS;
        var s0 = Element();
        var s1 = Element();
        var dp0 = Element();
        var dp1 = Element();
        for (var d = 0u; d < ELEMENTS; d++) {
          s0 += key[d] * query_tile[at.x + d];
          s1 += key[d] * query_tile[at.y + d];
          dp0 += value[d] * gradient_tile[at.x + d];
          dp1 += value[d] * gradient_tile[at.y + d];
        }
        let normalizers = vec2(normalizer_tile[i], normalizer_tile[second]);
        let scores = vec2(total(s0), total(s1));
        let exponentials = exp(clamp(scores - normalizers, vec2(-100.0), vec2(0.0)));
        let p = vec2(exponentials.x, select(0.0, exponentials.y, i + 1u < end));
        let ds = p * (vec2(total(dp0), total(dp1)) - vec2(delta_tile[i], delta_tile[second]));
        for (var d = 0u; d < ELEMENTS; d++) {
          value_gradient[d] += p.x * gradient_tile[at.x + d] + p.y * gradient_tile[at.y + d];
          key_gradient[d] += ds.x * query_tile[at.x + d] + ds.y * query_tile[at.y + d];
        }
      }
      workgroupBarrier(); // nobody reads the tiles any more: the next turn overwrites them
    }
  }
  if (block + local < params.time) {
    for (var d = 0u; d < ELEMENTS; d++) {
      dk[key_at + d] = key_gradient[d] * params.scale;
      dv[key_at + d] = value_gradient[d];
    }
  }
}
