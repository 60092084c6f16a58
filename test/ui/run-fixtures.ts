/** Run records for the tests of the page: complete specs, odd sizes, made by the real schemas. */
import { runSpecSchema } from '../../src/experiments/spec.ts';
import type { RunSpecInput } from '../../src/experiments/spec.ts';
import type { RunProgress, RunRecord } from '../../src/experiments/run.ts';
import type { RunView } from '../../src/ui/run-view.ts';

const corpora = [{ name: 'state-of-the-union' }];
export const pretrainInput: Extract<RunSpecInput, { kind: 'pretrain' }> = {
  kind: 'pretrain',
  model: { family: 'gpt_neox', layers: 3, width: 48, heads: 3 },
  data: { corpora, tokenizer: { vocabularySize: 509, corpora } },
  optimizer: { learningRate: 1e-3 },
  batchSize: 5,
  contextLength: 61,
  steps: 37,
  checkpoints: [0, 1, 4, 37],
};
export const finetuneInput = (run: string, step: number, task = 'spam'): RunSpecInput => ({
  kind: 'finetune',
  from: { run, step },
  task,
  items: 33,
  batchSize: 5,
  contextLength: 61,
  optimizer: { learningRate: 1e-4 },
});
export const evaluateInput = (run: string, step: number, task = 'spam'): RunSpecInput => ({
  kind: 'evaluate',
  checkpoint: { run, step },
  task,
  items: 21,
  contextLength: 61,
});

export function view(
  id: string,
  input: RunSpecInput,
  record: Partial<RunRecord> = {},
  progress: Partial<RunProgress> | null = null,
): RunView {
  const complete: RunRecord = {
    id,
    spec: runSpecSchema.parse(input),
    status: 'finished',
    done: 37,
    total: 37,
    createdAt: 0,
    updatedAt: 0,
    seconds: 12,
    error: null,
    environment: {},
    facts: {},
    ...record,
  };
  return { record: complete, progress: progress && { ...report(complete), ...progress } };
}

function report({ id, status, done, total, spec }: RunRecord): RunProgress {
  const unit = spec.kind === 'evaluate' ? 'items' : 'steps';
  return {
    run: id,
    status,
    done,
    total,
    unit,
    activity: '',
    tokensPerSecond: null,
    secondsLeft: null,
    error: null,
    steps: [],
  };
}
