/**
 * One optimizer step as it runs on the GPU: one executable, or, with gradient accumulation, a micro-step replayed for
 * every micro-batch and an update after the last. Both work on the variables of one store.
 */
import type { Gpu } from '../gpu/device.ts';
import { OutOfGpuMemoryError } from '../gpu/buffers.ts';
import { Executable, planGraph, type PreparedDispatch } from '../graph/executable.ts';
import type { Graph } from '../graph/graph.ts';
import type { KernelChoices } from '../graph/lowering.ts';
import type { MemoryLimits } from '../graph/memory-limits.ts';
import { joinTables, type MemoryTable } from '../graph/memory-plan.ts';
import { recomputePolicies, type RecomputePolicy } from '../graph/recompute.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { VariableStore } from '../graph/variable-store.ts';
import type { BatchShape, ParameterSpec } from '../models/family.ts';
import { layoutParameters, type ParameterLayout } from '../models/parameter-layout.ts';
import { lossWeights, microBatches, type Batch } from './batch.ts';
import {
  buildLossGraph,
  buildMicroStepGraph,
  buildTrainingGraph,
  buildUpdateGraph,
  type ActivationStorage,
  type AdamWOptions,
  type LossOptions,
} from './training-graph.ts';

export interface StepOptions {
  /** Of a whole step. */
  readonly shape: BatchShape;
  /** Micro-batches that a step is computed in, one after the other; 1 if left out. */
  readonly accumulation?: number;
  /** `auto`, if left out: as much as it takes to fit this adapter. */
  readonly recompute?: RecomputePolicy | 'auto';
  /** Storage of the activations that are kept for backward; `f32` if left out. */
  readonly activations?: ActivationStorage;
  /** What products read of the weights: `bf16` is a copy of the f32 that is trained. `f32` if left out. */
  readonly weights?: WeightStorage;
  /** Whether losses are wanted without an update too: what that takes is then compiled, counted and made to fit. */
  readonly validates?: boolean;
  readonly optimizer: AdamWOptions;
  readonly choices?: KernelChoices;
  readonly onCompile?: (compiled: number, pipelines: number) => void;
}

export type WeightStorage = 'f32' | 'bf16';

/** Where the parameters lie. @throws OutOfGpuMemoryError as `layoutParameters` */
export function trainingLayout(
  specs: readonly ParameterSpec[],
  limits: MemoryLimits,
  { weights = 'f32' }: Pick<StepOptions, 'weights'>,
): ParameterLayout {
  return layoutParameters(specs, limits, weights === 'bf16' ? 'bf16-copy' : 'f32');
}

/** The scalars of one update, and the row of the ring that its measurements go to. */
export interface UpdateInputs {
  readonly scalars: Float32Array;
  readonly row: Uint32Array;
}

/** GPU time one submit may take while somebody looks at the desktop, in ms. */
const submitBudget = 50;
/** Before a step has been timed: FLOPs that a slow integrated GPU does in about that time. */
const firstSubmitFlops = 5e9;

/** The shape of one micro-batch. @throws RangeError if the batch cannot be cut evenly */
export function microShape({
  shape,
  accumulation = 1,
}: Pick<StepOptions, 'shape' | 'accumulation'>): BatchShape {
  if (!Number.isInteger(accumulation) || accumulation < 1 || shape.batch % accumulation !== 0) {
    throw new RangeError(
      `training: a batch of ${shape.batch} sequences cannot be cut into equal micro-batches, got accumulation ` +
        `${accumulation}, expected a divisor of ${shape.batch}`,
    );
  }
  return { ...shape, batch: shape.batch / accumulation };
}

/** The whole step, or of a step in parts the micro-step. */
function firstGraph<Config>(
  model: Omit<LossOptions<Config>, 'shape' | 'recompute'>,
  {
    shape,
    accumulation = 1,
    activations,
    optimizer,
    recompute,
  }: StepOptions & { readonly recompute: RecomputePolicy },
): Graph {
  const parts = { ...model, shape: microShape({ shape, accumulation }), recompute, activations };
  return accumulation === 1 ? buildTrainingGraph(parts, optimizer).graph : buildMicroStepGraph(parts);
}

/** The graphs of one step without recomputing, which repeats kernels that are in them. */
export function stepGraphs<Config>(
  model: Omit<LossOptions<Config>, 'shape' | 'recompute'>,
  options: StepOptions,
): Graph[] {
  const first = firstGraph(model, { ...options, recompute: 'none' });
  if ((options.accumulation ?? 1) === 1) return [first];
  return [first, buildUpdateGraph(model.layout, options.optimizer)];
}

/** What is alive together while a model trains. */
interface Parts {
  /** Of one micro-batch; the update too where that is the whole batch. */
  readonly forwardBackward: Executable;
  readonly update: Executable | null;
  readonly validation: { readonly executable: Executable; readonly loss: Tensor } | null;
}

export class StepProgram {
  private constructor(
    private readonly parts: Parts,
    private readonly accumulation: number,
    readonly recompute: RecomputePolicy,
    /** GPU bytes that recomputing spares. */
    readonly recomputeSaves: number,
  ) {
    const flops = this.forwardBackward.prepared.reduce((sum, { dispatch }) => sum + (dispatch.flops ?? 0), 0);
    this.cut(flops / firstSubmitFlops);
  }

  /** Throws OutOfGpuMemoryError, with the byte table, where not even recomputing layers fits. */
  static async compile<Config>(
    gpu: Gpu,
    model: Pick<LossOptions<Config>, 'family' | 'config' | 'layout'>,
    store: VariableStore,
    options: StepOptions,
  ): Promise<StepProgram> {
    const { accumulation = 1, choices } = options;
    const { parts, recompute } = await firstThatFits(options.recompute ?? 'auto', async (policy) => ({
      parts: await compileParts(gpu, model, store, { ...options, recompute: policy }),
      recompute: policy,
    }));
    const kept = () => firstGraph(model, { ...options, recompute: 'none' });
    const saves =
      recompute === 'none'
        ? 0
        : planGraph(gpu, kept(), { choices }).plan.bytes.total - parts.forwardBackward.memory.total;
    return new StepProgram(parts, accumulation, recompute, saves);
  }

  get forwardBackward(): Executable {
    return this.parts.forwardBackward;
  }

  private get update(): Executable | null {
    return this.parts.update;
  }

  /** Submits one step. Does not wait. */
  run(batch: Batch, inputs: UpdateInputs): void {
    if (!this.update) {
      const { tokens, targets } = batch;
      return this.forwardBackward.run({ tokens, targets, weights: lossWeights(targets), ...inputs });
    }
    for (const micro of microBatches(batch, this.accumulation)) this.forwardBackward.run({ ...micro });
    this.update.run({ ...inputs });
  }

  /** Mean loss over the targets of `batches`, without an update. @throws Error unless compiled to validate */
  async validationLoss(batches: readonly Batch[]): Promise<number> {
    if (!this.parts.validation)
      throw new Error('validationLoss: this step was compiled without, expected the option validates: true');
    const { executable, loss } = this.parts.validation;
    let sum = 0;
    let count = 0;
    for (const batch of batches) {
      const n = batch.targets.reduce((valid, target) => valid + (target >= 0 ? 1 : 0), 0);
      for (const micro of microBatches(batch, this.accumulation)) {
        executable.run({ ...micro });
        sum += (await executable.read(loss))[0]! * n;
      }
      count += n;
    }
    return sum / count;
  }

  /** Every dispatch of one step, in order. */
  get prepared(): readonly PreparedDispatch[] {
    const all = Array.from({ length: this.accumulation }, () => this.forwardBackward.prepared);
    return [...all, this.update?.prepared ?? []].flat();
  }

  /** All that training holds on the GPU; variables that executables share count once. */
  get memory(): MemoryTable {
    return joinTables(executablesOf(this.parts));
  }

  /** How many submits one step is cut into. */
  get submits(): number {
    return this.accumulation * this.forwardBackward.submits + (this.update?.submits ?? 0);
  }

  /** Cuts steps into submits of at most about 50 ms, from the measured time of one step. */
  adaptSubmits(millisecondsPerStep: number): void {
    this.cut(millisecondsPerStep / this.accumulation / submitBudget);
  }

  private cut(submits: number): void {
    const { prepared } = this.forwardBackward;
    this.forwardBackward.submits = Math.min(prepared.length, Math.max(1, Math.ceil(submits)));
  }

  destroy(): void {
    for (const executable of executablesOf(this.parts)) executable.destroy();
  }
}

function executablesOf({ forwardBackward, update, validation }: Partial<Parts>): Executable[] {
  return [forwardBackward, update, validation?.executable].filter((part) => part != null);
}

/** All parts under one policy, or none. @throws OutOfGpuMemoryError where they do not fit together */
async function compileParts<Config>(
  gpu: Gpu,
  model: Pick<LossOptions<Config>, 'family' | 'config' | 'layout'>,
  store: VariableStore,
  options: StepOptions & { readonly recompute: RecomputePolicy },
): Promise<Parts> {
  const { accumulation = 1, choices, onCompile: onProgress } = options;
  const compiled: Executable[] = [];
  const compile = async (graph: Graph, outputs: readonly Tensor[] = []) => {
    const beside = [...compiled];
    const more = { outputs, beside, borrow: compiled[0] }; // they run one after the other
    compiled.push(await Executable.compile(gpu, graph, store, { choices, onProgress, ...more }));
    return compiled.at(-1)!;
  };
  try {
    const forwardBackward = await compile(firstGraph(model, options));
    const update =
      accumulation === 1 ? null : await compile(buildUpdateGraph(model.layout, options.optimizer));
    if (!options.validates) return { forwardBackward, update, validation: null };
    const { graph, loss } = buildLossGraph({ ...model, shape: microShape(options) });
    return { forwardBackward, update, validation: { executable: await compile(graph, [loss]), loss } };
  } catch (error) {
    for (const executable of compiled) executable.destroy();
    throw error;
  }
}

/** What `attempt` makes under the wanted policy, or under the first that fits. */
async function firstThatFits<Result>(
  wanted: RecomputePolicy | 'auto',
  attempt: (policy: RecomputePolicy) => Promise<Result>,
): Promise<Result> {
  const policies: readonly RecomputePolicy[] = wanted === 'auto' ? recomputePolicies : [wanted];
  const smallest = policies.at(-1)!;
  for (const policy of policies) {
    try {
      return await attempt(policy);
    } catch (error) {
      if (!(error instanceof OutOfGpuMemoryError)) throw error;
      if (policy !== smallest) continue;
      throw new OutOfGpuMemoryError(
        `${error.message}\nThis is with recompute "${policy}". A batch can be computed in parts: accumulation: n.`,
        { cause: error },
      );
    }
  }
  throw new Error('training: no recompute policy was tried');
}
