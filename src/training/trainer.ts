/**
 * One model in training on the GPU: submits steps without waiting, reads the metrics ring every few steps, and hands
 * out parameters and moments as named tensors. It knows nothing of data sets, files or runs.
 */
import type { Gpu } from '../gpu/device.ts';
import { VariableStore } from '../graph/variable-store.ts';
import type { ModelFamily } from '../models/family.ts';
import {
  dataByPiece,
  flatName,
  parametersName,
  type ParameterLayout,
  type PlacedParameter,
} from '../models/parameter-layout.ts';
import { adamwScalars } from '../ops/adamw.ts';
import type { Batch } from './batch.ts';
import { readMoment, writeMoments, type MomentStorage } from './moments.ts';
import { learningRate, type Schedule } from './schedule.ts';
import { StepProgram, trainingLayout, type StepOptions } from './step-program.ts';
import { metricsName, ringColumn, ringColumns, ringRows } from './training-graph.ts';

export interface TrainerOptions extends StepOptions {
  readonly schedule: Schedule;
}

/** What one optimizer step measured. Losses are nats per target. */
export interface StepMeasurement {
  /** Optimizer steps done: the first is 1, and its loss is that of the weights before it. */
  readonly step: number;
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** The loss became NaN or infinite. Weights kept before that step are good. */
export class NonFiniteLossError extends Error {
  override readonly name = 'NonFiniteLossError';

  /** @param before steps measured since the last reading, all of them good */
  constructor(
    message: string,
    readonly before: readonly StepMeasurement[],
  ) {
    super(message);
  }
}

export type NamedTensors = AsyncIterable<readonly [name: string, data: Float32Array]>;

/** Steps submitted but not finished; more would only lengthen the queue. */
const stepsInFlight = 2;

export class Trainer {
  /** Optimizer steps submitted so far. */
  step = 0;
  /** The last step whose measurement has been asked for. */
  private readStep = 0;
  private inFlight: Promise<void>[] = [];

  private constructor(
    private readonly gpu: Gpu,
    private readonly options: TrainerOptions,
    readonly layout: ParameterLayout,
    readonly store: VariableStore,
    readonly program: StepProgram,
  ) {}

  /** Plans, allocates and compiles; parameters and moments are zero until loaded. */
  static async create<Config>(
    gpu: Gpu,
    family: ModelFamily<Config>,
    config: Config,
    options: TrainerOptions,
  ): Promise<Trainer> {
    const layout = trainingLayout(family.parameters(config), gpu.limits, options);
    const store = new VariableStore(gpu);
    try {
      const program = await StepProgram.compile(gpu, { family, config, layout }, store, options);
      return new Trainer(gpu, options, layout, store, program);
    } catch (error) {
      store.destroy();
      throw error;
    }
  }

  /** Writes parameters (and, to resume exactly, moments) by name; every parameter must be given once. */
  load(
    kind: 'parameters' | 'firstMoment' | 'secondMoment',
    tensors: Iterable<readonly [string, Float32Array]>,
  ): void {
    const missing = new Map(this.layout.named.map((parameter) => [parameter.name, parameter]));
    const given = new Map<PlacedParameter, Float32Array>();
    for (const [name, data] of tensors) {
      const parameter = missing.get(name);
      if (!parameter) throw new Error(`load: ${name} is not a parameter of this model, or was given twice`);
      if (data.length !== parameter.size) {
        throw new RangeError(
          `load: ${name} has ${data.length} numbers, expected ${parameter.size} (${parameter.shape.join(' × ')})`,
        );
      }
      for (const [piece, part] of dataByPiece(parameter, data)) given.set(piece, part);
      missing.delete(name);
    }
    if (missing.size > 0)
      throw new Error(`load: ${kind} are missing for ${[...missing.keys()].slice(0, 3).join(', ')} …`);
    if (kind !== 'parameters') return writeMoments(this.store, this.layout, this.momentStorage, kind, given);
    for (const [{ flat, offset }, data] of given)
      this.store.write(flatName(parametersName, flat), data, offset);
  }

  /** The named tensors of one kind as they are now, read one at a time. */
  async *read(kind: 'parameters' | 'firstMoment' | 'secondMoment'): NamedTensors {
    for (const { name } of this.layout.named) yield [name, await this.readOne(kind, name)] as const;
  }

  /** One named tensor as it is now. */
  async readOne(kind: 'parameters' | 'firstMoment' | 'secondMoment', name: string): Promise<Float32Array> {
    const parameter = this.layout.named.find((candidate) => candidate.name === name);
    if (!parameter) throw new Error(`read: ${name} is not a parameter of this model`);
    const [piece, ...others] = parameter.pieces as [PlacedParameter, ...PlacedParameter[]];
    if (others.length === 0) return this.readPiece(kind, piece);
    const whole = new Float32Array(parameter.size);
    for (const [part, into] of dataByPiece(parameter, whole)) into.set(await this.readPiece(kind, part));
    return whole;
  }

  private readPiece(
    kind: 'parameters' | 'firstMoment' | 'secondMoment',
    piece: PlacedParameter,
  ): Promise<Float32Array> {
    if (kind !== 'parameters') return readMoment(this.store, this.momentStorage, kind, piece);
    return this.store.read(flatName(parametersName, piece.flat), piece.offset, piece.size);
  }

  private get momentStorage(): MomentStorage {
    return this.options.optimizer.moments ?? 'f32';
  }

  /** Continues as if `step` steps had been done. */
  resumeAt(step: number): void {
    this.step = step;
    this.readStep = step;
  }

  learningRateAt(step: number): number {
    return learningRate(this.options.schedule, step);
  }

  /** Submits one optimizer step. Waits only for steps submitted earlier, so that few are ever in flight. */
  async submit(batch: Batch): Promise<void> {
    if (this.step - this.readStep >= ringRows)
      throw new Error('trainer: measurements must be read before the ring is full');
    const step = ++this.step;
    const scalars = adamwScalars(this.learningRateAt(step), this.options.optimizer.betas, step);
    this.program.run(batch, { scalars, row: Uint32Array.of(step % ringRows) });
    const finished = this.gpu.finish();
    finished.catch(() => undefined); // a lost device is reported by whoever waits next
    this.inFlight.push(finished);
    if (this.inFlight.length > stepsInFlight) await this.inFlight.shift();
  }

  /**
   * Measurements of the steps submitted since the last call, when they are done. The copy is queued right behind them:
   * steps submitted while it is awaited keep the GPU busy and are not in it.
   */
  async measure(): Promise<StepMeasurement[]> {
    const [before, last] = [this.readStep, this.step];
    this.readStep = last;
    const ring = await this.store.read(metricsName);
    const measurements: StepMeasurement[] = [];
    for (let step = before + 1; step <= last; step++) {
      const row = (step % ringRows) * ringColumns;
      const loss = ring[row + ringColumn.loss]!;
      const gradNorm = ring[row + ringColumn.gradNorm]!;
      if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
        throw new NonFiniteLossError(
          `training: the loss is ${loss} and the gradient norm ${gradNorm} at step ${step}. Lower the learning rate or ` +
            'clip gradients; checkpoints before this step are kept.',
          measurements,
        );
      }
      measurements.push({ step, loss, gradNorm, learningRate: this.learningRateAt(step) });
    }
    return measurements;
  }

  /** Mean loss over the targets of `batches`, without touching gradients or moments; see `StepOptions.validates`. */
  validationLoss(batches: readonly Batch[]): Promise<number> {
    return this.program.validationLoss(batches);
  }

  /** Frees all GPU memory of this trainer, after the submitted work is done. */
  async dispose(): Promise<void> {
    try {
      await this.gpu.finish();
    } finally {
      this.program.destroy();
      this.store.destroy();
    }
  }
}
