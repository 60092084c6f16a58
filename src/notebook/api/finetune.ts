/** `finetune`: a checkpoint trained further on a task. */
import { finetuneSchema, type FinetuneSpec } from '../../experiments/spec.ts';
import type { z } from 'zod';
import type { Builtin } from '../builtins.ts';
import { parseSpec } from '../parse-spec.ts';
import type { RunHandle } from '../run-handle.ts';

export type FinetuneInput = Omit<z.input<typeof finetuneSchema>, 'kind'>;

export const finetune: Builtin<(spec: FinetuneInput) => RunHandle<FinetuneSpec>> = {
  signature: 'finetune(spec)',
  doc: 'Fine-tunes the checkpoint `from` on a `task`. Gives a handle at once, whose `last` is the tuned checkpoint, so that a whole study can be written as one expression.',
  bind: (cell) => (spec) => {
    const complete = parseSpec('finetune', finetuneSchema, { kind: 'finetune', ...spec });
    return cell.runs.add(complete).handle as RunHandle<FinetuneSpec>;
  },
};
