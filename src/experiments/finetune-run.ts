/** Supervised fine-tuning of a checkpoint on a task, with the loss on the answers only. */
import { RandomStream } from '../random/random-stream.ts';
import { IGNORED, trainingExample, type TrainingExample } from '../evaluation/training-examples.ts';
import { findTask } from '../tasks/index.ts';
import type { Batch } from '../training/batch.ts';
import { trainerOptions, withTrainer } from './create-trainer.ts';
import { lineageTokenizer, traceLineage } from './lineage.ts';
import { modelFromConfig } from './model-from-spec.ts';
import type { RunContext, RunOutcome } from './run-context.ts';
import type { FinetuneSpec } from './spec.ts';
import { textCodec } from './text-codec.ts';
import { readWeights } from './trainer-checkpoints.ts';
import { runTrainingSession } from './training-session.ts';

/** Optimizer steps of a fine-tune: every item once per epoch, the last batch padded. */
export function finetuneSteps({ items, epochs, batchSize }: FinetuneSpec): number {
  return Math.ceil((items * epochs) / batchSize);
}

export async function executeFinetune(spec: FinetuneSpec, context: RunContext): Promise<RunOutcome> {
  const { activity, store, signal, resources } = context;
  activity('reading the task');
  const lineage = await traceLineage(spec.from, store);
  const { tokenizer } = await lineageTokenizer(lineage, resources, { activity, signal });
  const task = findTask(spec.task);
  const items = task.trainItems(await resources.documents(task.dataset), {
    count: spec.items,
    seed: spec.seed,
  });
  const options = {
    format: spec.format,
    tokenizer: textCodec(tokenizer),
    contextLength: spec.contextLength,
    shots: [],
  };
  const examples = items.map((item) => trainingExample(task, item, options));
  const parent = await store.loadCheckpoint(spec.from);
  const { family, config } = modelFromConfig(parent.config as Record<string, unknown>);
  const steps = finetuneSteps(spec);
  const ancestors = [spec.from, ...lineage.tunes.map((tune) => tune.spec.from).reverse()];
  return withTrainer(spec, { family, config }, trainerOptions(spec, steps), context, (trainer) => {
    context.facts({ parameters: trainer.layout.count, 'GPU bytes': trainer.program.memory.total });
    return runTrainingSession(
      {
        trainer,
        steps,
        kept: [steps],
        tokensPerStep: spec.batchSize * spec.contextLength,
        initialWeights: () => readWeights(parent),
        batchAt: (step) => exampleBatch(examples, spec, step),
        validation: null,
        config: parent.config,
        lineage: ancestors,
      },
      context,
    );
  });
}

/** Batch `step` (1, 2, …): examples in another seeded order each epoch; past the last one, rows that teach nothing. */
function exampleBatch(
  examples: readonly TrainingExample[],
  { batchSize, contextLength, epochs, seed }: FinetuneSpec,
  step: number,
): Batch {
  const tokens = new Int32Array(batchSize * contextLength);
  const targets = new Int32Array(batchSize * contextLength).fill(IGNORED);
  for (let row = 0; row < batchSize; row++) {
    const index = (step - 1) * batchSize + row;
    const epoch = Math.floor(index / examples.length);
    if (epoch >= epochs) break;
    const order = new RandomStream(seed, `fine-tuning examples of epoch ${epoch}`);
    const example = examples[order.permute(index % examples.length, examples.length)]!;
    tokens.set(example.tokens, row * contextLength);
    targets.set(example.targets, row * contextLength);
  }
  return { tokens, targets };
}
