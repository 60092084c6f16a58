/** A run's performance: what was measured of its step and of its kernels' variants, kept; and measuring it. */
import { z } from 'zod';
import type { Gpu } from '../gpu/device.ts';
import { recomputePolicies } from '../graph/recompute.ts';
import { measureCeilings } from '../performance/ceilings.ts';
import { tune, type Tuning } from '../performance/tuner.ts';
import { planGraphs, trainerOptions } from './create-trainer.ts';
import { performanceKey, type ExperimentStore } from './experiment-store.ts';
import { visitGpu } from './gpu-visit.ts';
import { recordedChoices } from './kernel-choices.ts';
import { modelFromConfig, modelFromSpec, type ConfiguredModel } from './model-from-spec.ts';
import { profileTraining, type PerformanceReport } from './profile-training.ts';
import type { Resources } from './resources.ts';
import type { RunRecord } from './run.ts';
import type { FinetuneSpec, PretrainSpec } from './spec.ts';
import { adapterIdentity, TuningMemory } from './tuning-memory.ts';
import type { Turn } from './turn.ts';

export interface RunPerformance {
  /** Null until the run's step has been profiled. */
  readonly report: PerformanceReport | null;
  /** Variants that the run takes, by operation and shape. */
  readonly choices: Readonly<Record<string, string>>;
  /** What is known on this adapter of the variants of the same choices. */
  readonly tuning: Tuning;
}

const reportSchema = z.looseObject({ measuredAt: z.number(), kernels: z.array(z.looseObject({})) });

export class PerformanceMeasurements {
  private readonly memory: TuningMemory;

  constructor(
    private readonly store: ExperimentStore,
    private readonly resources: Resources,
    private readonly turn: Turn,
    private readonly gpu: () => Promise<Gpu>,
  ) {
    this.memory = new TuningMemory(store.database);
  }

  /** What is kept of a run; measures nothing. */
  async read(run: string): Promise<RunPerformance> {
    const record = await this.store.runs.get(run);
    const kept = await this.store.database.get('cache', performanceKey(run));
    const report = reportSchema.safeParse(kept).success ? (kept as PerformanceReport) : null;
    const choices = record ? (recordedChoices(record.environment)?.choices ?? {}) : {};
    const gpu = await this.gpu().catch(() => null); // what is kept can be read without one
    const known = gpu ? await this.memory.tuning(gpu) : {};
    const tuning = Object.fromEntries(Object.entries(known).filter(([key]) => Object.hasOwn(choices, key)));
    return { report, choices, tuning };
  }

  /** Measures one step of the run's plan beside the run: its bits do not change. */
  async profile(run: string): Promise<RunPerformance> {
    const { record, spec } = await this.training(run);
    const choices = recordedChoices(record.environment)?.choices ?? spec.kernels ?? {};
    const model = await this.modelOf(record, spec);
    // Not what would fit beside the run, but what the run does.
    const recompute = z.enum(recomputePolicies).safeParse(record.environment.recompute).data;
    const options = { ...trainerOptions(spec, 1), choices, ...(recompute && { recompute }) };
    const report = await this.visit((gpu) =>
      profileTraining(gpu, model, options, {
        adapter: adapterIdentity(gpu),
        ceilings: () => this.memory.ceilings(gpu, () => measureCeilings(gpu)),
      }),
    );
    await this.store.database.put('cache', report, performanceKey(run));
    return this.read(run);
  }

  /** Measures every variant of the run's choices that is not known yet. The run keeps its own; the next ones have them. */
  async tune(run: string): Promise<RunPerformance> {
    const { record, spec } = await this.training(run);
    const model = await this.modelOf(record, spec);
    await this.visit(async (gpu) => {
      const known = await this.memory.tuning(gpu);
      const graphs = planGraphs(gpu, model, trainerOptions(spec, 1));
      await this.memory.add(gpu, await tune(gpu, graphs, { known }));
    });
    return this.read(run);
  }

  /** Between two steps of the run that is at work, or at once where none is. */
  private visit<Result>(work: (gpu: Gpu) => Promise<Result>): Promise<Result> {
    return visitGpu(this.turn, this.gpu, new AbortController().signal, work);
  }

  private async training(run: string) {
    const record = await this.store.runs.get(run);
    if (!record) throw new RangeError(`performance: run ${run} is not kept in this browser`);
    const { spec } = record;
    if (spec.kind !== 'pretrain' && spec.kind !== 'finetune')
      throw new RangeError(
        `performance: run ${run} takes no training steps, got ${spec.kind}, expected a training run`,
      );
    return { record, spec };
  }

  /** From the newest checkpoint, of the run or of the one it starts from; else from the spec and its tokenizer. */
  private async modelOf(record: RunRecord, spec: PretrainSpec | FinetuneSpec): Promise<ConfiguredModel> {
    const own = (await this.store.listCheckpoints(record.id)).at(-1);
    const from = own ? { run: record.id, step: own.step } : spec.kind === 'finetune' ? spec.from : null;
    if (from)
      return modelFromConfig((await this.store.loadCheckpoint(from)).config as Record<string, unknown>);
    const { data, model, contextLength } = spec as PretrainSpec;
    const { tokenizer } = await this.resources.tokenizer(data.tokenizer);
    return modelFromSpec(model, tokenizer.vocabularySize, contextLength);
  }
}
