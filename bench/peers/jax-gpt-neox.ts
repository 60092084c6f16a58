/**
 * The peer: GPT-NeoX and AdamW in jax-js, one jitted train step on its WebGPU backend. jax-js counts references by
 * hand: whatever an array is passed to consumes it, and `.ref` keeps it for another use.
 */
import { blockUntilReady, defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { GptNeoXConfig } from '../../src/models/gpt-neox.ts';
import type { ParameterSpec } from '../../src/models/family.ts';
import { lossWeights, type Batch } from '../../src/training/batch.ts';
import type { TrainerOptions } from '../../src/training/trainer.ts';

type Arrays = { [name: string]: np.Array };
/** Learning rate over the first bias correction, the second bias correction, 1 − learning rate × weight decay. */
type Scalars = { rate: np.Array; second: np.Array; decay: np.Array };
/** The loss, and the next parameters and moments. */
type Result = [np.Array, Arrays, Arrays, Arrays];
type State = { parameters: Arrays; first: Arrays; second: Arrays };

/** Starts jax-js's WebGPU backend on the device that `navigator.gpu` grants. */
export async function startBackend(): Promise<void> {
  addIteratorHelpers();
  if (!(await init('webgpu')).includes('webgpu'))
    throw new Error('jax-js: its webgpu backend refused to start');
  defaultDevice('webgpu');
}

/** What its einsum uses of ES2025, and Node 20 lacks. */
function addIteratorHelpers(): void {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as Record<string, unknown>;
  prototype.map ??= function* (this: Iterable<unknown>, change: (item: unknown) => unknown) {
    for (const item of this) yield change(item);
  };
  prototype.filter ??= function* (this: Iterable<unknown>, keep: (item: unknown) => boolean) {
    for (const item of this) if (keep(item)) yield item;
  };
}

/** Mean cross-entropy of a batch, a scalar; takes its arguments over. */
function loss(
  all: Arrays,
  tokens: np.Array,
  targets: np.Array,
  weights: np.Array,
  shape: TrainerOptions['shape'],
  config: GptNeoXConfig,
): np.Array {
  let x = np.take(all['gpt_neox.embed_in.weight']!.ref, tokens, 0); // (B·T, C)
  for (let i = 0; i < config.layers; i++) {
    const layer = `gpt_neox.layers.${i}`;
    const attended = attention(
      all,
      layer,
      norm(all, `${layer}.input_layernorm`, x.ref, config),
      shape,
      config,
    );
    const between = config.parallelResidual ? x.ref : x.ref.add(attended.ref);
    const normed = norm(all, `${layer}.post_attention_layernorm`, between.ref, config);
    const wide = nn.gelu(linear(all, `${layer}.mlp.dense_h_to_4h`, normed), { approximate: false });
    const fed = linear(all, `${layer}.mlp.dense_4h_to_h`, wide);
    const previous = config.parallelResidual ? x.ref.add(attended.ref) : between.ref;
    for (const used of [x, attended, between]) used.dispose();
    x = previous.add(fed);
  }
  const head = all[config.tied ? 'gpt_neox.embed_in.weight' : 'embed_out.weight']!;
  const hidden = norm(all, 'gpt_neox.final_layer_norm', x, config);
  const logits = np.matmul(hidden, np.matrixTranspose(head.ref)); // (B·T, V)
  const chosen = nn.oneHot(targets, config.vocabularySize).mul(nn.logSoftmax(logits)).sum(1);
  for (const parameter of Object.values(all)) parameter.dispose();
  return chosen.mul(weights).sum().neg();
}

function norm(all: Arrays, name: string, x: np.Array, { layerNormEpsilon }: GptNeoXConfig): np.Array {
  const normal = nn.standardize(x, -1, { epsilon: layerNormEpsilon });
  return normal.mul(all[`${name}.weight`]!.ref).add(all[`${name}.bias`]!.ref);
}

function linear(all: Arrays, name: string, x: np.Array): np.Array {
  const y = np.matmul(x, np.matrixTranspose(all[`${name}.weight`]!.ref));
  const bias = all[`${name}.bias`];
  return bias ? y.add(bias.ref) : y;
}

function attention(
  all: Arrays,
  layer: string,
  x: np.Array, // (B·T, C)
  { batch: B, time: T }: TrainerOptions['shape'],
  config: GptNeoXConfig,
): np.Array {
  const { heads: H, width: C } = config;
  const fused = linear(all, `${layer}.attention.query_key_value`, x).reshape([B, T, H, (3 * C) / H]);
  const [q, k, v] = np.split(fused, 3, 3) as [np.Array, np.Array, np.Array]; // (B, T, H, D)
  const mixed = nn.dotProductAttention(rotate(q, T, config), rotate(k, T, config), v, { isCausal: true });
  return linear(all, `${layer}.attention.dense`, mixed.reshape([B * T, C]));
}

function rotate(x: np.Array, T: number, { rotaryFraction, rotaryBase }: GptNeoXConfig): np.Array {
  const D = x.shape[3]!;
  const half = Math.floor(D * rotaryFraction) / 2;
  const table = (f: (angle: number) => number) =>
    np
      .array(
        Float32Array.from({ length: T * half }, (_, i) =>
          f(Math.floor(i / half) * rotaryBase ** (-(i % half) / half)),
        ),
      )
      .reshape([T, 1, half]);
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const cuts = D > 2 * half ? [half, 2 * half] : [half];
  const [a, b, ...rest] = np.split(x, cuts, 3) as [np.Array, np.Array, ...np.Array[]];
  const first = a.ref.mul(cos.ref).sub(b.ref.mul(sin.ref));
  const second = b.mul(cos).add(a.mul(sin));
  return np.concatenate([first, second, ...rest], 3);
}

/** Parameters and moments as jax arrays; `step` is one update, and gives the loss before it. */
export class JaxTrainer {
  private state: State;
  private readonly decayed: ReadonlySet<string>;
  private readonly update;
  private done = 0;

  constructor(
    specs: readonly ParameterSpec[],
    weights: ReadonlyMap<string, Float32Array>,
    private readonly config: GptNeoXConfig,
    private readonly options: TrainerOptions,
  ) {
    const each = (make: (spec: ParameterSpec) => np.Array): Arrays =>
      Object.fromEntries(specs.map((spec) => [spec.name, make(spec)]));
    this.state = {
      parameters: each(({ name, shape }) =>
        np.array(Float32Array.from(weights.get(name)!)).reshape([...shape]),
      ),
      first: each(({ shape }) => np.zeros([...shape])),
      second: each(({ shape }) => np.zeros([...shape])),
    };
    this.decayed = new Set(specs.filter(({ decay }) => decay).map(({ name }) => name));
    this.update = jit((state: State, scalars: Scalars, tokens: np.Array, targets: np.Array, w: np.Array) =>
      this.trace(state, scalars, tokens, targets, w),
    );
  }

  /** Submits one update; gives its loss, to be read or disposed of. */
  submit(batch: Batch): np.Array {
    const { optimizer, schedule } = this.options;
    const [beta1, beta2] = optimizer.betas;
    const step = ++this.done;
    const scalars = {
      rate: np.array(schedule.peak / (1 - beta1 ** step)),
      second: np.array(1 - beta2 ** step),
      decay: np.array(1 - schedule.peak * optimizer.weightDecay),
    };
    const tokens = np.array(batch.tokens, { dtype: np.int32 });
    const targets = np.array(batch.targets, { dtype: np.int32 });
    const weights = np.array(lossWeights(batch.targets));
    const [value, parameters, first, second] = this.update(this.state, scalars, tokens, targets, weights);
    this.state = { parameters, first, second };
    return value;
  }

  /** Resolves when the GPU has done all updates. */
  async finish(): Promise<void> {
    await blockUntilReady(this.state);
  }

  private trace(
    { parameters, first, second }: State,
    scalars: Scalars,
    tokens: np.Array,
    targets: np.Array,
    weights: np.Array,
  ): Result {
    const kept = Object.fromEntries(Object.entries(parameters).map(([name, array]) => [name, array.ref]));
    const [value, gradients] = valueAndGrad((all: Arrays) =>
      loss(all, tokens, targets, weights, this.options.shape, this.config),
    )(kept) as [np.Array, Arrays];
    const { betas, epsilon } = this.options.optimizer;
    const updated: [Arrays, Arrays, Arrays] = [{}, {}, {}];
    for (const [name, g] of Object.entries(gradients)) {
      const m = first[name]!.mul(betas[0]).add(g.ref.mul(1 - betas[0]));
      const v = second[name]!.mul(betas[1]).add(g.ref.mul(g).mul(1 - betas[1]));
      const denominator = np.sqrt(v.ref.div(scalars.second.ref)).add(epsilon);
      const change = m.ref.mul(scalars.rate.ref).div(denominator);
      const parameter = parameters[name]!;
      const decayed = this.decayed.has(name) ? parameter.mul(scalars.decay.ref) : parameter;
      updated[0][name] = decayed.sub(change);
      updated[1][name] = m;
      updated[2][name] = v;
    }
    for (const scalar of Object.values(scalars)) scalar.dispose();
    return [value, ...updated];
  }

  dispose(): void {
    this.update.dispose();
    for (const arrays of Object.values(this.state))
      for (const array of Object.values(arrays)) array.dispose();
  }
}
