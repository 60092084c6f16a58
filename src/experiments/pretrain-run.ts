/** Pre-training: documents → tokenizer → tokens → batches → checkpoints. */
import { validationBatches, TrainingBatches, type Batch as Windows } from '../datasets/batches.ts';
import { RandomStream } from '../random/random-stream.ts';
import { formatBytes } from '../gpu/buffers.ts';
import { formatMemory } from '../graph/memory-plan.ts';
import { initialParameters, type NormalSource } from '../models/parameter-layout.ts';
import type { Batch } from '../training/batch.ts';
import type { Trainer } from '../training/trainer.ts';
import { trainerOptions, withTrainer } from './create-trainer.ts';
import { modelFromSpec } from './model-from-spec.ts';
import type { PretrainData } from './resources.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import type { PretrainSpec } from './spec.ts';
import { runTrainingSession } from './training-session.ts';

export async function executePretrain(spec: PretrainSpec, context: RunContext): Promise<RunOutcome> {
  const { activity, signal } = context;
  activity('reading documents');
  const data = await context.resources.pretrainData(spec.data, { activity, signal });
  const { family, config } = modelFromSpec(spec.model, data.tokenizer.vocabularySize, spec.contextLength);
  // Before anything is compiled: text too short for one sequence is refused here.
  const batches = new TrainingBatches(data.train, spec, spec.data.seed);
  const validation = validationOf(spec, data);
  return withTrainer(spec, { family, config }, trainerOptions(spec, spec.steps), context, (trainer) => {
    reportFacts(data, trainer, context);
    return runTrainingSession(
      {
        trainer,
        steps: spec.steps,
        kept: spec.checkpoints,
        tokensPerStep: spec.batchSize * spec.contextLength,
        initialWeights: () =>
          Promise.resolve(initialParameters(family.parameters(config), seededNormal(spec.seed))),
        batchAt: (step) => asBatch(batches.batch(step - 1)),
        validation,
        config: family.toHuggingFace(config) as never,
        lineage: [],
      },
      context,
    );
  });
}

function validationOf({ validation, batchSize, contextLength }: PretrainSpec, data: PretrainData) {
  if (!validation || !data.validation) return null;
  const shape = { batchSize, contextLength };
  try {
    const batches = validationBatches(data.validation, shape, validation.batches);
    return { every: validation.every, batches: batches.map(asBatch) };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RangeError(`pretrain: documents held out, ${reason}, or a larger validationFraction`, {
      cause,
    });
  }
}

function reportFacts(
  { statistics, tokenizer, validation }: PretrainData,
  trainer: Trainer,
  context: RunContext,
): void {
  const { memory, recompute, recomputeSaves } = trainer.program;
  context.facts({
    parameters: trainer.layout.count,
    vocabulary: tokenizer.vocabularySize,
    'ln(vocabulary)': Math.log(tokenizer.vocabularySize),
    'unigram entropy': statistics.unigramEntropy,
    'training tokens': statistics.tokens,
    'validation tokens': validation?.length ?? 0,
    'bytes per token': statistics.bytesPerToken,
    'GPU bytes': memory.total,
    memory: formatMemory(memory),
    recompute: recompute === 'none' ? recompute : `${recompute}, saves ${formatBytes(recomputeSaves)}`,
    'kernels per step': trainer.program.prepared.length,
  });
}

/** Box–Muller in float64 from the run's own stream: the same initial weights on every machine. */
function seededNormal(seed: number): NormalSource {
  return (name, count) => {
    const stream = new RandomStream(seed, `initial ${name}`);
    return Float64Array.from({ length: count }, (_, i) => {
      const radius = Math.sqrt(-2 * Math.log(1 - stream.uniform(2 * i)));
      return radius * Math.cos(2 * Math.PI * stream.uniform(2 * i + 1));
    });
  };
}

function asBatch({ inputs, targets }: Windows): Batch {
  return { tokens: inputs, targets };
}
