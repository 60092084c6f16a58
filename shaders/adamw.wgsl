// One AdamW step (Loshchilov & Hutter 2019), in the order of torch.optim.AdamW, over flat tensors of n elements:
//   g = gradient * min(1, max_grad_norm / (norm + 1e-6))            if CLIP (torch.nn.utils.clip_grad_norm_)
//   p = p * (1 - learning_rate * weight_decay)                      for elements before decay_end
//   m = m + (1 - beta1) * (g - m),   v = beta2 * v + (1 - beta2) * g * g
//   p = p - learning_rate / correction1 * m / (sqrt(v) / sqrt(correction2) + epsilon)
// What changes per step is data: scalars = [learning_rate, correction1, correction2], correction = 1 - beta^step.

struct Params {
  n: u32, // in Elements
  decay_end: u32, // in Elements
  one_minus_beta1: f32,
  beta2: f32,
  one_minus_beta2: f32,
  epsilon: f32,
  weight_decay: f32,
  max_grad_norm: f32,
}

@group(0) @binding(0) var<storage, read_write> parameters: array<Element>;
@group(0) @binding(1) var<storage, read> gradients: array<Element>;
@group(0) @binding(2) var<storage, read_write> first_moment: array<Element>;
@group(0) @binding(3) var<storage, read_write> second_moment: array<Element>;
@group(0) @binding(4) var<storage, read> scalars: array<f32>;
@group(0) @binding(5) var<storage, read> norm: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

alias Element = f32;
const WORKGROUP_SIZE: u32 = 64u;
const CLIP: bool = true;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP_SIZE + local;
  if (i < params.n) {
    let learning_rate = scalars[0];
    let step_size = learning_rate / scalars[1];
    var g = gradients[i];
    if (CLIP) {
      g *= min(1.0, params.max_grad_norm / (norm[0] + 1e-6));
    }
    let decay = select(1.0, 1.0 - learning_rate * params.weight_decay, i < params.decay_end);
    let m = first_moment[i] + params.one_minus_beta1 * (g - first_moment[i]);
    let v = params.beta2 * second_moment[i] + params.one_minus_beta2 * g * g;
    first_moment[i] = m;
    second_moment[i] = v;
    parameters[i] = parameters[i] * decay - step_size * m / (sqrt(v) / sqrt(scalars[2]) + params.epsilon);
  }
}
