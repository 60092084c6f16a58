/**
 * The peer: GPT-NeoX written with tfjs's own operations, trained by tf.variableGrads and an AdamW of tf ops (tfjs has
 * none). On the CPU backend it is also an independent reference.
 */
import * as tf from '@tensorflow/tfjs';
import type { GptNeoXConfig } from '../../src/models/gpt-neox.ts';
import type { ParameterSpec } from '../../src/models/family.ts';
import type { Batch } from '../../src/training/batch.ts';
import { lossWeights } from '../../src/training/batch.ts';
import type { TrainerOptions } from '../../src/training/trainer.ts';

type Parameters = Readonly<Record<string, tf.Tensor>>;

/** Mean cross-entropy of a batch, a scalar. */
export function loss(
  all: Parameters,
  batch: Batch,
  { batch: B, time: T }: TrainerOptions['shape'],
  config: GptNeoXConfig,
): tf.Scalar {
  const { vocabularySize: V, layers } = config;
  const targets = tf.oneHot(tf.tensor1d(batch.targets, 'int32'), V); // (B·T, V), zeros where ignored
  const weights = tf.tensor1d(lossWeights(batch.targets));
  let x = tf.gather(all['gpt_neox.embed_in.weight']!, tf.tensor1d(batch.tokens, 'int32')); // (B·T, C)
  for (let i = 0; i < layers; i++) {
    const layer = `gpt_neox.layers.${i}`;
    const attended = attention(all, layer, norm(all, `${layer}.input_layernorm`, x, config), B, T, config);
    const between = config.parallelResidual ? x : x.add(attended);
    const normed = norm(all, `${layer}.post_attention_layernorm`, between, config);
    const fed = linear(
      all,
      `${layer}.mlp.dense_4h_to_h`,
      gelu(linear(all, `${layer}.mlp.dense_h_to_4h`, normed)),
    );
    x = config.parallelResidual ? x.add(attended).add(fed) : between.add(fed);
  }
  const head = all[config.tied ? 'gpt_neox.embed_in.weight' : 'embed_out.weight']!;
  const logits = tf.matMul(norm(all, 'gpt_neox.final_layer_norm', x, config), head, false, true);
  return tf.logSoftmax(logits).mul(targets).sum(1).mul(weights).sum<tf.Scalar>().neg();
}

function norm(all: Parameters, name: string, x: tf.Tensor, { layerNormEpsilon }: GptNeoXConfig): tf.Tensor {
  const { mean, variance } = tf.moments(x, 1, true);
  const normal = x.sub(mean).mul(variance.add(layerNormEpsilon).rsqrt());
  return normal.mul(all[`${name}.weight`]!).add(all[`${name}.bias`]!);
}

function linear(all: Parameters, name: string, x: tf.Tensor): tf.Tensor {
  const y = tf.matMul(x, all[`${name}.weight`]!, false, true);
  const bias = all[`${name}.bias`];
  return bias ? y.add(bias) : y;
}

function gelu(x: tf.Tensor): tf.Tensor {
  return x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
}

function attention(
  all: Parameters,
  layer: string,
  x: tf.Tensor, // (B·T, C)
  B: number,
  T: number,
  config: GptNeoXConfig,
): tf.Tensor {
  const { heads: H, width: C } = config;
  const D = C / H;
  const fused = linear(all, `${layer}.attention.query_key_value`, x)
    .reshape([B, T, H, 3 * D])
    .transpose([0, 2, 1, 3]);
  const [q, k, v] = tf.split(fused, 3, 3) as [tf.Tensor, tf.Tensor, tf.Tensor]; // (B, H, T, D)
  const scores = tf
    .matMul(rotate(q, config), rotate(k, config), false, true)
    .mul(D ** -0.5)
    .add(causalMask(T));
  const mixed = tf
    .matMul(tf.softmax(scores), v)
    .transpose([0, 2, 1, 3])
    .reshape([B * T, C]);
  return linear(all, `${layer}.attention.dense`, mixed);
}

/** x (B, H, T, D) with the first `rotaryFraction` of each head rotated. */
function rotate(x: tf.Tensor, { rotaryFraction, rotaryBase }: GptNeoXConfig): tf.Tensor {
  const [T, D] = x.shape.slice(2) as [number, number];
  const half = Math.floor(D * rotaryFraction) / 2;
  const table = (f: (angle: number) => number) =>
    tf.tensor2d(
      Float32Array.from({ length: T * half }, (_, i) =>
        f(Math.floor(i / half) * rotaryBase ** (-(i % half) / half)),
      ),
      [T, half],
    );
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const [a, b, rest] = tf.split(x, [half, half, D - 2 * half], 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const parts = [a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))];
  return tf.concat(D > 2 * half ? [...parts, rest] : parts, 3);
}

/** 0 where a token may look, a large negative number where not. */
function causalMask(T: number): tf.Tensor {
  return tf.tensor2d(
    Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? -1e9 : 0)),
    [T, T],
  );
}

/** Parameters and moments as tf.Variables; `step` is one update, and gives the loss before it. */
export class TfjsTrainer {
  private readonly parameters: Record<string, tf.Variable> = {};
  private readonly firstMoments: Record<string, tf.Variable> = {};
  private readonly secondMoments: Record<string, tf.Variable> = {};
  private readonly decayed: ReadonlySet<string>;
  private done = 0;

  constructor(
    specs: readonly ParameterSpec[],
    weights: ReadonlyMap<string, Float32Array>,
    private readonly config: GptNeoXConfig,
    private readonly options: TrainerOptions,
  ) {
    for (const { name, shape } of specs) {
      const value = tf.tensor(weights.get(name)!, [...shape]);
      this.parameters[name] = tf.variable(value, true);
      this.firstMoments[name] = tf.variable(tf.zerosLike(value), false);
      this.secondMoments[name] = tf.variable(tf.zerosLike(value), false);
    }
    this.decayed = new Set(specs.filter(({ decay }) => decay).map(({ name }) => name));
  }

  step(batch: Batch): tf.Scalar {
    const { optimizer, schedule, shape } = this.options;
    const step = ++this.done;
    return tf.tidy(() => {
      const variables = Object.values(this.parameters);
      const { value, grads } = tf.variableGrads(
        () => loss(this.parameters, batch, shape, this.config),
        variables,
      );
      const byName = new Map(
        variables.map((variable, index) => [variable.name, Object.keys(this.parameters)[index]!]),
      );
      for (const [variable, gradient] of Object.entries(grads)) {
        this.update(byName.get(variable)!, gradient, step, schedule.peak, optimizer);
      }
      return value;
    });
  }

  private update(
    name: string,
    gradient: tf.Tensor,
    step: number,
    learningRate: number,
    { betas: [beta1, beta2], epsilon, weightDecay }: TrainerOptions['optimizer'],
  ): void {
    const [parameter, m, v] = [this.parameters[name]!, this.firstMoments[name]!, this.secondMoments[name]!];
    m.assign(m.mul(beta1).add(gradient.mul(1 - beta1)));
    v.assign(v.mul(beta2).add(gradient.square().mul(1 - beta2)));
    const denominator = v
      .div(1 - beta2 ** step)
      .sqrt()
      .add(epsilon);
    const change = m.mul(learningRate / (1 - beta1 ** step)).div(denominator);
    const decayed = this.decayed.has(name) ? parameter.mul(1 - learningRate * weightDecay) : parameter;
    parameter.assign(decayed.sub(change));
  }

  dispose(): void {
    for (const variables of [this.parameters, this.firstMoments, this.secondMoments]) tf.dispose(variables);
  }
}
