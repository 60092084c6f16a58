// y[i] = Σ_{j ≤ i} softmax_j(scale · q[i]·k[j]) v[j] per batch entry and head; q, y (B, T, H, D), k, v (B, T, K, D).
// One invocation per query, keys in blocks of four, softmax online (Milakov & Gimelshein 2018); it saves
// logsumexp (B, H, T) of the scaled scores for the backward pass. Query head h reads key head h / (H / K).

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
@group(0) @binding(3) var<storage, read_write> y: array<Element>;
@group(0) @binding(4) var<storage, read_write> logsumexp: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

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
  var sum: array<Element, ELEMENTS>; // Σ exp(score − highest) v
  for (var d = 0u; d < params.elements; d++) {
    query[d] = q[query_at + d] * params.scale;
    sum[d] = Element();
  }
  var highest = -1e30;
  var weight = 0.0; // Σ exp(score − highest)
  for (var j = 0u; j <= i; j += 4u) {
    // Keys past the query repeat the query's own key, which cannot raise the maximum, and get probability 0.
    let at = key_start + min(vec4(j, j + 1u, j + 2u, j + 3u), vec4(i)) * key_step;
    var s0 = Element();
    var s1 = Element();
    var s2 = Element();
    var s3 = Element();
    for (var d = 0u; d < params.elements; d++) {
      let number = query[d];
      s0 += number * k[at.x + d];
      s1 += number * k[at.y + d];
      s2 += number * k[at.z + d];
      s3 += number * k[at.w + d];
    }
    let scores = vec4(total(s0), total(s1), total(s2), total(s3));
    let before = highest;
    highest = max(max(max(scores.x, scores.y), max(scores.z, scores.w)), before);
    let correction = exp(max(before - highest, -100.0));
    let visible = vec4(j, j + 1u, j + 2u, j + 3u) <= vec4(i);
    let p = select(vec4(0.0), exp(max(scores - highest, vec4(-100.0))), visible);
    weight = weight * correction + (p.x + p.y + p.z + p.w);
    for (var d = 0u; d < params.elements; d++) {
      sum[d] = sum[d] * correction + p.x * v[at.x + d] + p.y * v[at.y + d] + p.z * v[at.z + d] + p.w * v[at.w + d];
    }
  }
  for (var d = 0u; d < params.elements; d++) {
    y[query_at + d] = sum[d] / weight;
  }
  logsumexp[index] = highest + log(weight);
}
