// dv[j] = Σ_{h, i ≥ j} p[h, i, j] dy[h, i] and dk[j] = scale · Σ_{h, i ≥ j} p (dy[h, i]·v[j] − delta[h, i]) q[h, i],
// over the query heads h that read this key head; p = exp(scale · q·k − logsumexp). q, dy (B, T, H, D),
// k, v, dk, dv (B, T, K, D), logsumexp, delta (B, H, T). One invocation per key: no two add to one number.

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
@group(0) @binding(6) var<storage, read_write> dk: array<Element>;
@group(0) @binding(7) var<storage, read_write> dv: array<Element>;
@group(0) @binding(8) var<uniform> params: Params;

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
  if (index >= params.batch * params.key_heads * params.time) {
    return;
  }
  let j = index % params.time;
  let key_head = index / params.time % params.key_heads;
  let batch = index / (params.time * params.key_heads);
  let key_at = ((batch * params.time + j) * params.key_heads + key_head) * ELEMENTS;
  let group = params.heads / params.key_heads;

  var key: array<Element, ELEMENTS>;
  var value: array<Element, ELEMENTS>;
  var key_gradient: array<Element, ELEMENTS>;
  var value_gradient: array<Element, ELEMENTS>;
  for (var d = 0u; d < params.elements; d++) {
    key[d] = k[key_at + d] * params.scale;
    value[d] = v[key_at + d];
    key_gradient[d] = Element();
    value_gradient[d] = Element();
  }
  for (var head = key_head * group; head < (key_head + 1u) * group; head++) {
    let row = (batch * params.heads + head) * params.time;
    for (var i = j; i < params.time; i += 2u) {
      // A second query past the end repeats the last one and counts 0.
      let second = min(i + 1u, params.time - 1u);
      let at0 = ((batch * params.time + i) * params.heads + head) * ELEMENTS;
      let at1 = ((batch * params.time + second) * params.heads + head) * ELEMENTS;
      var s0 = Element();
      var s1 = Element();
      var dp0 = Element();
      var dp1 = Element();
      for (var d = 0u; d < params.elements; d++) {
        s0 += key[d] * q[at0 + d];
        s1 += key[d] * q[at1 + d];
        dp0 += value[d] * dy[at0 + d];
        dp1 += value[d] * dy[at1 + d];
      }
      let normalizers = vec2(logsumexp[row + i], logsumexp[row + second]);
      let scores = vec2(total(s0), total(s1));
      let exponentials = exp(clamp(scores - normalizers, vec2(-100.0), vec2(0.0)));
      let p = vec2(exponentials.x, select(0.0, exponentials.y, i + 1u < params.time));
      let ds = p * (vec2(total(dp0), total(dp1)) - vec2(delta[row + i], delta[row + second]));
      for (var d = 0u; d < params.elements; d++) {
        value_gradient[d] += p.x * dy[at0 + d] + p.y * dy[at1 + d];
        key_gradient[d] += ds.x * q[at0 + d] + ds.y * q[at1 + d];
      }
    }
  }
  for (var d = 0u; d < params.elements; d++) {
    dk[key_at + d] = key_gradient[d] * params.scale;
    dv[key_at + d] = value_gradient[d];
  }
}
