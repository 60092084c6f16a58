/** A run's trainer: made with the kernels that the run is to have, and gone when the run ends. */
import type { Gpu } from '../gpu/device.ts';
import type { Graph } from '../graph/graph.ts';
import { requireTensorsFit } from '../graph/memory-limits.ts';
import { stepGraphs, trainingLayout } from '../training/step-program.ts';
import { Trainer, type TrainerOptions } from '../training/trainer.ts';
import { decideChoices, tuneLeftovers } from './kernel-choices.ts';
import { kernelCensus } from './kernel-census.ts';
import type { ConfiguredModel } from './model-from-spec.ts';
import { adamwOptions, scheduleOf } from './optimizer-from-spec.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import type { FinetuneSpec, PretrainSpec } from './spec.ts';
import { TuningMemory } from './tuning-memory.ts';

/** Decides the kernels, compiles, records what runs, and trains; what tuning had no time for it measures at the end. */
export async function withTrainer(
  spec: PretrainSpec | FinetuneSpec,
  model: ConfiguredModel,
  options: TrainerOptions,
  context: RunContext,
  train: (trainer: Trainer) => Promise<RunOutcome>,
): Promise<RunOutcome> {
  const { gpu, activity, recorded, store } = context;
  const memory = new TuningMemory(store.database);
  const graphs = planGraphs(gpu, model, options);
  const tuning = await decideChoices(gpu, graphs, {
    pinned: spec.kernels,
    environment: recorded,
    memory,
    activity,
  });
  activity('compiling kernels');
  const trainer = await Trainer.create(gpu, model.family, model.config, {
    ...options,
    choices: tuning.choices,
    onCompile: (compiled, pipelines) => activity(`compiling kernels, ${compiled} of ${pipelines}`),
  });
  let outcome: RunOutcome;
  try {
    const { program } = trainer;
    context.environment({ kernels: kernelCensus(program), recompute: program.recompute, tuning });
    outcome = await train(trainer);
  } finally {
    await trainer.dispose();
  }
  if (outcome === 'finished' && !spec.kernels) await tuneLeftovers(gpu, graphs, { memory, activity });
  return outcome;
}

/** How a spec wants its steps computed. */
export function trainerOptions(spec: PretrainSpec | FinetuneSpec, steps: number): TrainerOptions {
  return {
    shape: { batch: spec.batchSize, time: spec.contextLength },
    accumulation: spec.accumulation,
    recompute: spec.recompute,
    activations: spec.activations,
    weights: spec.weights,
    validates: spec.kind === 'pretrain' && spec.validation !== null,
    optimizer: adamwOptions(spec.optimizer),
    schedule: scheduleOf(spec.optimizer, steps),
  };
}

/**
 * The graphs of one step of this model, as this adapter runs them. Refused here, before any lowering, what is far too
 * large is told by its bytes and not by some kernel's grid. @throws OutOfGpuMemoryError
 */
export function planGraphs(
  { limits }: Pick<Gpu, 'limits'>,
  { family, config }: ConfiguredModel,
  options: TrainerOptions,
): Graph[] {
  const layout = trainingLayout(family.parameters(config), limits, options);
  const graphs = stepGraphs({ family, config, layout }, options);
  for (const graph of graphs) requireTensorsFit(graph, limits);
  return graphs;
}
