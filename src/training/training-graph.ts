/** The graph of one training step of a language model: forward, loss, backward, clipping, AdamW, metrics. */
import { gradients } from '../graph/gradients.ts';
import { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { fullSequences } from '../models/attention-path.ts';
import type { BatchShape, ModelFamily } from '../models/family.ts';
import { declareParameters, type ParameterLayout } from '../models/parameter-layout.ts';
import { adamw, adamwScalarCount } from '../ops/adamw.ts';
import { add } from '../ops/add.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { globalNorm } from '../ops/global-norm.ts';
import { linear } from '../ops/linear.ts';
import { record } from '../ops/record.ts';
import { sum } from '../ops/sum.ts';

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number | null;
}

/** Rows of the metrics ring on the GPU: how many steps may pass before they are read. */
export const ringRows = 256;
/** Columns of the ring. */
export const ringColumn = { loss: 0, gradNorm: 1 } as const;
export const ringColumns = 2;

export const firstMomentName = 'optimizer.exp_avg';
export const secondMomentName = 'optimizer.exp_avg_sq';
export const metricsName = 'metrics';

export interface TrainingGraph {
  readonly graph: Graph;
  readonly loss: Tensor;
  readonly gradNorm: Tensor;
  /** Gradients by parameter name, views of one flat tensor. */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

/**
 * Inputs: `tokens`, `targets` (B·T) i32 (targets already shifted, −100 ignored), `weights` (B·T) f32 (what each
 * target's loss counts: 1/n for a mean over n targets), `scalars` (see adamw.ts), `row` (1) u32 of the metrics ring.
 */
export function buildTrainingGraph<Config>(
  family: ModelFamily<Config>,
  config: Config,
  layout: ParameterLayout,
  shape: BatchShape,
  optimizer: AdamWOptions,
): TrainingGraph {
  const graph = new Graph();
  const { flat, views } = declareParameters(graph, layout);
  const loss = languageModelLoss(graph, family, config, views, shape);
  const names = layout.parameters.map(({ name }) => name);
  const found = gradients(
    graph,
    loss,
    names.map((name) => views[name]!),
    add,
  );
  const parts = found.map((gradient, index) => {
    if (!gradient) throw new Error(`training: the loss does not depend on ${names[index]}`);
    return gradient;
  });
  const flatGradients = graph.pack(
    'gradients',
    layout.size,
    parts,
    layout.parameters.map(({ offset }) => offset),
  );
  const gradNorm = globalNorm(graph, [flatGradients]);
  const firstMoment = graph.variable(firstMomentName, [layout.size]);
  const secondMoment = graph.variable(secondMomentName, [layout.size]);
  const scalars = graph.input('scalars', [adamwScalarCount]);
  adamw(
    graph,
    { parameters: flat, gradients: flatGradients, firstMoment, secondMoment, scalars, norm: gradNorm },
    {
      beta1: optimizer.betas[0],
      beta2: optimizer.betas[1],
      epsilon: optimizer.epsilon,
      weightDecay: optimizer.weightDecay,
      decayEnd: layout.decayEnd,
      maxGradNorm: optimizer.maxGradNorm,
    },
  );
  const ring = graph.variable(metricsName, [ringRows, ringColumns]);
  const row = graph.input('row', [1], 'u32');
  record(graph, record(graph, ring, row, ringColumn.loss, loss), row, ringColumn.gradNorm, gradNorm);
  return {
    graph,
    loss,
    gradNorm,
    gradients: Object.fromEntries(names.map((name, index) => [name, parts[index]!])),
  };
}

/** The graph of a loss without an update: `losses` (B·T) per token, for validation. Same inputs less the last two. */
export function buildLossGraph<Config>(
  family: ModelFamily<Config>,
  config: Config,
  layout: ParameterLayout,
  shape: BatchShape,
): { graph: Graph; loss: Tensor } {
  const graph = new Graph();
  const { views } = declareParameters(graph, layout);
  return { graph, loss: languageModelLoss(graph, family, config, views, shape) };
}

function languageModelLoss<Config>(
  graph: Graph,
  family: ModelFamily<Config>,
  config: Config,
  views: Readonly<Record<string, Tensor>>,
  shape: BatchShape,
): Tensor {
  const n = shape.batch * shape.time;
  const tokens = graph.input('tokens', [n], 'i32');
  const targets = graph.input('targets', [n], 'i32');
  const weights = graph.input('weights', [n]);
  const hidden = family.hidden(graph, views, tokens, fullSequences(shape), config); // (B·T, C)
  const logits = linear(graph, hidden, views[family.headName(config)]!, null); // (B·T, V)
  return sum(graph, crossEntropy(graph, logits, targets, weights));
}
