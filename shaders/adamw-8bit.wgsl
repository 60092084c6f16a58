// One AdamW step as adamw.wgsl's, with both moments in 8 bits: per block of 256 elements a scale (the block's largest
// magnitude) and per element a small float relative to it (Dettmers et al. 2022 in spirit). Kept are m, with a sign, and
// sqrt(v), whose range is half as wide as v's. All arithmetic is f32 on decoded values; only storage is small.
//   unsigned: 4 bits of exponent, 4 of mantissa; signed: sign, 4 bits of exponent, 3 of mantissa; 15 << mantissa is 1.0,
//   exponent 0 is subnormal: the smallest steps are 2^-18 and 2^-17.
// Rounding is stochastic: v moves by 1 - beta2 of itself a step, which rounding to the nearest would never let through.
// The random bits are a hash of element and step, so the same step gives the same bits. A sqrt(v) that is not zero never
// becomes zero: a step divides by it. One workgroup per block, four elements per invocation.

struct Params {
  n: u32, // in fours
  decay_end: u32, // in fours
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  epsilon: f32,
  weight_decay: f32,
  max_grad_norm: f32,
}

@group(0) @binding(0) var<storage, read_write> parameters: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> first_moment: array<u32>;
@group(0) @binding(3) var<storage, read_write> second_moment: array<u32>;
@group(0) @binding(4) var<storage, read_write> scales: array<f32>; // all of m's, then all of sqrt(v)'s
@group(0) @binding(5) var<storage, read> scalars: array<f32>;
@group(0) @binding(6) var<storage, read> norm: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

const WORKGROUP_SIZE: u32 = 64u;
const CLIP: bool = true;

var<workgroup> largest: array<vec2<f32>, WORKGROUP_SIZE>;

// The value of a code without sign, of `mantissa` bits of mantissa.
fn decode(code: u32, mantissa: u32) -> f32 {
  let fraction = f32(code & ((1u << mantissa) - 1u));
  let exponent = code >> mantissa;
  let subnormal = fraction * bitcast<f32>((113u - mantissa) << 23u);
  let normal = bitcast<f32>((exponent + 112u) << 23u) * (1.0 + fraction * bitcast<f32>((127u - mantissa) << 23u));
  return select(normal, subnormal, exponent == 0u);
}

// The code below or above value / scale, by chance in proportion; `random` has 24 bits.
fn encode(value: f32, scale: f32, mantissa: u32, random: u32) -> u32 {
  if (value == 0.0) {
    return 0u;
  }
  let top = 15u << mantissa;
  if (value >= scale) {
    return top;
  }
  let relative = value / scale;
  let bits = bitcast<u32>(relative);
  let dropped = 23u - mantissa;
  let rest = bits & ((1u << dropped) - 1u);
  let normal = (bits >> dropped) - (112u << mantissa) + u32(rest > (random >> (24u - dropped)));
  let subnormal = u32(relative * bitcast<f32>((141u + mantissa) << 23u) + f32(random) * 5.9604645e-8);
  return min(top, select(normal, subnormal, (bits >> 23u) < 113u));
}

// PCG (O'Neill 2014) as a hash.
fn hash(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let block = workgroup.y * workgroups.x + workgroup.x;
  let i = block * WORKGROUP_SIZE + local;
  let inside = i < params.n;
  let at = min(i, params.n - 1u);
  let blocks = (params.n + WORKGROUP_SIZE - 1u) / WORKGROUP_SIZE;
  let scale_at = min(block, blocks - 1u);
  let old_scales = vec2<f32>(scales[scale_at], scales[blocks + scale_at]);
  let old_m = first_moment[at];
  let old_s = second_moment[at];
  var g = gradients[at];
  if (CLIP) {
    g *= min(1.0, params.max_grad_norm / (norm[0] + 1e-6));
  }
  var m: vec4<f32>;
  var v: vec4<f32>;
  for (var k = 0u; k < 4u; k++) {
    let signed_code = (old_m >> (8u * k)) & 255u;
    let magnitude = decode(signed_code & 127u, 3u) * old_scales.x;
    let before = select(magnitude, -magnitude, signed_code > 127u);
    let root = decode((old_s >> (8u * k)) & 255u, 4u) * old_scales.y;
    m[k] = before + params.one_minus_beta1 * (g[k] - before);
    v[k] = params.beta2 * (root * root) + params.one_minus_beta2 * g[k] * g[k];
  }
  let roots = sqrt(v);
  let sizes = abs(m);
  let most = vec2<f32>(
    max(max(sizes.x, sizes.y), max(sizes.z, sizes.w)),
    max(max(roots.x, roots.y), max(roots.z, roots.w)),
  );
  largest[local] = select(vec2<f32>(0.0), most, inside);
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) {
      largest[local] = max(largest[local], largest[local + half]);
    }
  }
  workgroupBarrier();
  let scale = largest[0];
  if (!inside) {
    return;
  }

  var codes_m = 0u;
  var codes_s = 0u;
  for (var k = 0u; k < 4u; k++) {
    let random = hash((4u * i + k) ^ hash(u32(scalars[3])));
    let code_m = encode(sizes[k], scale.x, 3u, random >> 8u);
    let code_s = encode(roots[k], scale.y, 4u, hash(random) >> 8u);
    let sign = select(0u, 128u, m[k] < 0.0 && code_m > 0u); // there is one zero
    codes_m |= (code_m | sign) << (8u * k);
    codes_s |= max(code_s, u32(roots[k] > 0.0)) << (8u * k);
  }
  first_moment[i] = codes_m;
  second_moment[i] = codes_s;
  if (local == 0u) {
    scales[block] = scale.x;
    scales[blocks + block] = scale.y;
  }
  let decay = select(1.0, 1.0 - scalars[0] * params.weight_decay, i < params.decay_end);
  let step_size = scalars[0] / scalars[1];
  parameters[i] = parameters[i] * decay - step_size * m / (roots / sqrt(scalars[2]) + params.epsilon);
}
