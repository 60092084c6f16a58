/** The graph of one training step of a language model: forward, loss, backward, clipping, AdamW, metrics. */
import { gradients } from '../graph/gradients.ts';
import { Graph } from '../graph/graph.ts';
import type { ActivationCodec, RecomputePolicy } from '../graph/recompute.ts';
import type { Tensor } from '../graph/tensor.ts';
import { fullSequences } from '../models/attention-path.ts';
import type { BatchShape, ModelFamily } from '../models/family.ts';
import {
  declareFlats,
  declareParameters,
  packFlats,
  parametersName,
  type ParameterLayout,
} from '../models/parameter-layout.ts';
import { tokenRows } from '../models/projection.ts';
import { accumulate } from '../ops/accumulate.ts';
import { adamwScalarCount } from '../ops/adamw.ts';
import { add } from '../ops/add.ts';
import { bf16Codec } from '../ops/bf16.ts';
import { crossEntropy } from '../ops/cross-entropy.ts';
import { fill } from '../ops/fill.ts';
import { globalNorm } from '../ops/global-norm.ts';
import { headChunkRows, linearCrossEntropy, wholeChunk } from '../ops/linear-cross-entropy.ts';
import { linear } from '../ops/linear.ts';
import { record } from '../ops/record.ts';
import { piecesOf, placePieces } from '../ops/row-pieces.ts';
import { sum } from '../ops/sum.ts';
import { addAdamW, type MomentStorage } from './moments.ts';

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number | null;
  /** `f32` if left out. */
  readonly moments?: MomentStorage;
}

/** Rows of the metrics ring on the GPU: how many steps may pass before they are read. */
export const ringRows = 256;
/** Columns of the ring. */
export const ringColumn = { loss: 0, gradNorm: 1 } as const;
export const ringColumns = 2;

export const metricsName = 'metrics';
/** Sums over the micro-batches of a step. */
const gradientsName = 'gradients';
const lossSumName = 'loss';

export interface TrainingGraph {
  readonly graph: Graph;
  readonly loss: Tensor;
  readonly gradNorm: Tensor;
  /** Gradients by parameter name, views of flat tensors. */
  readonly gradients: Readonly<Record<string, Tensor>>;
}

export type ActivationStorage = 'f32' | 'bf16';

/** What forward and backward depend on. */
export interface LossOptions<Config> {
  readonly family: ModelFamily<Config>;
  readonly config: Config;
  readonly layout: ParameterLayout;
  readonly shape: BatchShape;
  /** Which activations are computed again in backward; `none` if left out. */
  readonly recompute?: RecomputePolicy;
  /** Storage of the activations that are kept for backward; `f32` if left out. */
  readonly activations?: ActivationStorage;
}

/**
 * Inputs: `tokens`, `targets` (B·T) i32 (targets already shifted, −100 ignored), `weights` (B·T) f32 (what each
 * target's loss counts: 1/n for a mean over n targets), `scalars` (see adamw.ts), `row` (1) u32 of the metrics ring.
 */
export function buildTrainingGraph<Config>(
  options: LossOptions<Config>,
  optimizer: AdamWOptions,
): TrainingGraph {
  const { layout, recompute } = options;
  const codec = codecOf(options);
  const graph = new Graph();
  const { flats, views } = declareParameters(graph, layout);
  const loss = languageModelLoss(graph, views, options, true);
  const targets = layout.parameters.map(({ name }) => views[name]!);
  const parts = gradients(graph, loss, targets, add, { recompute, codec }).map((gradient, index) => {
    if (!gradient) throw new Error(`training: the loss does not depend on ${targets[index]!.name}`);
    return gradient;
  });
  const flatGradients = packFlats(graph, gradientsName, parts, layout);
  const gradNorm = addUpdate(graph, { flats, flatGradients, loss }, layout, optimizer);
  const byName = layout.parameters.map(({ name }, index) => [name, parts[index]!] as const);
  return { graph, loss, gradNorm, gradients: Object.fromEntries(byName) };
}

/**
 * One micro-batch of a step: forward and backward; its gradients and loss are added to variables. With `weights` that
 * count a target 1/n for the n targets of the whole step, the sums are those of one big batch.
 * Inputs as for `buildTrainingGraph`, less the last two.
 */
export function buildMicroStepGraph<Config>(options: LossOptions<Config>): Graph {
  const { layout, recompute } = options;
  const codec = codecOf(options);
  const graph = new Graph();
  const { views } = declareParameters(graph, layout);
  const totals = declareFlats(graph, gradientsName, layout);
  const loss = languageModelLoss(graph, views, options, true);
  accumulate(graph, graph.variable(lossSumName, [1]), loss);
  const missing = new Map(layout.parameters.map((parameter) => [views[parameter.name]!, parameter]));
  gradients(graph, loss, [...missing.keys()], add, {
    recompute,
    codec,
    // As soon as a gradient is whole, so that only one lives beside the sums.
    onComplete(target, gradient) {
      const { name, flat, offset, shape } = missing.get(target)!;
      accumulate(graph, graph.view(totals[flat.index]!, offset, shape, `d${name}`), gradient);
      missing.delete(target);
    },
  });
  const [lacking] = missing.values();
  if (lacking) throw new Error(`training: the loss does not depend on ${lacking.name}`);
  return graph;
}

function codecOf({ activations }: { readonly activations?: ActivationStorage }): ActivationCodec | null {
  return activations === 'bf16' ? bf16Codec : null;
}

/** The update after a step's micro-batches; leaves their sums zero. Inputs: `scalars`, `row`. */
export function buildUpdateGraph(layout: ParameterLayout, optimizer: AdamWOptions): Graph {
  const graph = new Graph();
  const flats = declareFlats(graph, parametersName, layout);
  const flatGradients = declareFlats(graph, gradientsName, layout);
  const loss = graph.variable(lossSumName, [1]);
  addUpdate(graph, { flats, flatGradients, loss }, layout, optimizer);
  for (const gradient of flatGradients) fill(graph, gradient, 0);
  fill(graph, loss, 0);
  return graph;
}

interface WholeStep {
  readonly flats: readonly Tensor[];
  readonly flatGradients: readonly Tensor[];
  readonly loss: Tensor;
}

/** Clipping, AdamW and metrics; returns the gradients' norm before clipping. */
function addUpdate(
  graph: Graph,
  { flats, flatGradients, loss }: WholeStep,
  layout: ParameterLayout,
  { betas, epsilon, weightDecay, maxGradNorm, moments = 'f32' }: AdamWOptions,
): Tensor {
  const norm = globalNorm(graph, flatGradients);
  const scalars = graph.input('scalars', [adamwScalarCount]);
  const attributes = { beta1: betas[0], beta2: betas[1], epsilon, weightDecay, maxGradNorm };
  for (const flat of layout.flats) {
    const [parameters, gradients] = [flats[flat.index]!, flatGradients[flat.index]!];
    addAdamW(graph, { parameters, gradients, scalars, norm }, flat, attributes, moments);
  }
  const ring = graph.variable(metricsName, [ringRows, ringColumns]);
  const row = graph.input('row', [1], 'u32');
  record(graph, record(graph, ring, row, ringColumn.loss, loss), row, ringColumn.gradNorm, norm);
  return norm;
}

/** The graph of a loss without an update, for validation. Inputs as for `buildTrainingGraph`, less the last two. */
export function buildLossGraph<Config>(options: LossOptions<Config>): { graph: Graph; loss: Tensor } {
  const graph = new Graph();
  const { views } = declareParameters(graph, options.layout);
  return { graph, loss: languageModelLoss(graph, views, options, false) };
}

function languageModelLoss<Config>(
  graph: Graph,
  views: Readonly<Record<string, Tensor>>,
  { family, config, shape }: LossOptions<Config>,
  differentiable: boolean,
): Tensor {
  const n = shape.batch * shape.time;
  const tokens = graph.input('tokens', [n], 'i32');
  const targets = graph.input('targets', [n], 'i32');
  const weights = graph.input('weights', [n]);
  const hidden = family.hidden(graph, views, tokens, fullSequences(shape), config); // (B·T, C)
  const head = piecesOf(tokenRows(views, family.headName(config))); // (V, C)
  const { rows: classes, columns } = placePieces('head', head);
  const chunkRows = headChunkRows(n, columns, classes) ?? (head.length > 1 ? wholeChunk(n) : null);
  if (chunkRows !== null) {
    return linearCrossEntropy(graph, hidden, head, targets, weights, { chunkRows, differentiable });
  }
  const logits = linear(graph, hidden, head[0]!, null); // (B·T, V)
  return sum(graph, crossEntropy(graph, logits, targets, weights));
}
