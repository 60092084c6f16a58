// One new query per sequence against cached keys and values: o[b, h] = softmax(scale · q[b, h] · Kᵀ) V over the first
// lengths[b] cache rows. q, o (B, 1, H, D); keys, values (B, S, K, D). One workgroup per (b, h): its threads first take
// one key each, score and weight, then one or more of the D dimensions each; softmax runs online over chunks of keys.

struct Params {
  heads: u32,
  key_value_heads: u32,
  head_size: u32,
  capacity: u32,
  scale: f32,
}

@group(0) @binding(0) var<storage, read> q: array<f32>;
@group(0) @binding(1) var<storage, read> keys: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read> lengths: array<i32>;
@group(0) @binding(4) var<storage, read_write> o: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

const CHUNK: u32 = 64u;
// Dimensions per thread; CHUNK · DIMENSIONS ≥ D.
const DIMENSIONS: u32 = 4u;
const MASKED: f32 = -1e30;

// Two arrays, so that two barriers per chunk are enough: one is written while the other is still read.
var<workgroup> scores: array<f32, CHUNK>;
var<workgroup> weights: array<f32, CHUNK>;

@compute @workgroup_size(CHUNK)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) local: u32) {
  let h = workgroup.x;
  let b = workgroup.y;
  let size = params.head_size;
  let kv_head = h / (params.heads / params.key_value_heads);
  let query = (b * params.heads + h) * size;
  let length = min(u32(max(lengths[b], 0)), params.capacity);
  let row_stride = params.key_value_heads * size;
  let first = (b * params.capacity * params.key_value_heads + kv_head) * size;

  var sums: array<f32, DIMENSIONS>;
  var running_max = MASKED;
  var total = 0.0;
  // `lengths` is only read, so that its element is the same for the whole workgroup and may bound its barriers.
  for (var start = 0u; start < length; start += CHUNK) {
    let key = start + local;
    var score = MASKED;
    if (key < length) {
      score = 0.0;
      for (var d = 0u; d < size; d++) {
        score += q[query + d] * keys[first + key * row_stride + d];
      }
      score *= params.scale;
    }
    scores[local] = score;
    workgroupBarrier();
    var new_max = running_max;
    for (var j = 0u; j < CHUNK; j++) {
      new_max = max(new_max, scores[j]);
    }
    weights[local] = exp(score - new_max);
    workgroupBarrier();
    let rescale = exp(running_max - new_max);
    total *= rescale;
    for (var n = 0u; n < DIMENSIONS; n++) {
      sums[n] *= rescale;
    }
    let end = min(CHUNK, length - start);
    for (var j = 0u; j < end; j++) {
      let p = weights[j];
      total += p;
      for (var n = 0u; n < DIMENSIONS; n++) {
        let d = local + n * CHUNK;
        if (d < size) {
          sums[n] += p * values[first + (start + j) * row_stride + d];
        }
      }
    }
    running_max = new_max;
  }
  for (var n = 0u; n < DIMENSIONS; n++) {
    let d = local + n * CHUNK;
    if (d < size) {
      o[query + d] = select(0.0, sums[n] / total, length > 0u);
    }
  }
}
