// y[i] = Σ_{j ≤ i} softmax_j(scale · q[i]·k[j]) v[j] per batch entry and head; q, y (B, T, H, D), k, v (B, T, K, D).
// As causal-attention-forward, but a workgroup of neighbouring queries shares tiles of keys and values in workgroup
// memory; saves logsumexp (B, H, T). Query head h reads key head h / (H / K).

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
@group(0) @binding(3) var<storage, read_write> y: array<Element>;
@group(0) @binding(4) var<storage, read_write> logsumexp: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

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
  var sum: array<Element, ELEMENTS>; // Σ exp(score − highest) v
  for (var d = 0u; d < ELEMENTS; d++) {
    query[d] = q[query_at + d] * params.scale;
    sum[d] = Element();
  }
  var highest = -1e30;
  var weight = 0.0; // Σ exp(score − highest)
  for (var start = 0u; start < end; start += TILE) {
    for (var e = local; e < TILE * ELEMENTS; e += WORKGROUP_SIZE) {
      let source = key_start + min(start + e / ELEMENTS, params.time - 1u) * key_step + e % ELEMENTS;
      key_tile[e] = k[source];
      value_tile[e] = v[source];
    }
    workgroupBarrier(); // the tiles are whole
    let seen = min(max(i + 1u, start) - start, TILE); // keys of this tile that the query sees
    for (var j = 0u; j < seen; j += 4u) {
      // Keys past the last one seen repeat it, which cannot raise the maximum, and get probability 0.
      let at = min(vec4(j, j + 1u, j + 2u, j + 3u), vec4(seen - 1u)) * ELEMENTS;
      var s0 = Element();
      var s1 = Element();
      var s2 = Element();
      var s3 = Element();
      for (var d = 0u; d < ELEMENTS; d++) {
        let number = query[d];
        s0 += number * key_tile[at.x + d];
        s1 += number * key_tile[at.y + d];
        s2 += number * key_tile[at.z + d];
        s3 += number * key_tile[at.w + d];
      }
      let scores = vec4(total(s0), total(s1), total(s2), total(s3));
      let before = highest;
      highest = max(max(max(scores.x, scores.y), max(scores.z, scores.w)), before);
      let correction = exp(max(before - highest, -100.0));
      let visible = vec4(j, j + 1u, j + 2u, j + 3u) < vec4(seen);
      let p = select(vec4(0.0), exp(max(scores - highest, vec4(-100.0))), visible);
      weight = weight * correction + (p.x + p.y + p.z + p.w);
      for (var d = 0u; d < ELEMENTS; d++) {
        let low = p.x * value_tile[at.x + d] + p.y * value_tile[at.y + d];
        let high = p.z * value_tile[at.z + d] + p.w * value_tile[at.w + d];
        sum[d] = sum[d] * correction + low + high;
      }
    }
    workgroupBarrier(); // nobody reads the tiles any more: the next turn overwrites them
  }
  if (block + local < params.time) {
    for (var d = 0u; d < ELEMENTS; d++) {
      y[query_at + d] = sum[d] / weight;
    }
    logsumexp[row] = highest + log(weight);
  }
}
