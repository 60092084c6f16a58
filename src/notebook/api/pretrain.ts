/** `pretrain`: a model trained from its beginning on text. */
import { pretrainSchema, type PretrainSpec } from '../../experiments/spec.ts';
import type { z } from 'zod';
import type { Builtin } from '../builtins.ts';
import { parseSpec } from '../parse-spec.ts';
import type { RunHandle } from '../run-handle.ts';

export type PretrainInput = Omit<z.input<typeof pretrainSchema>, 'kind'>;

export const pretrain: Builtin<(spec: PretrainInput) => RunHandle<PretrainSpec>> = {
  signature: 'pretrain(spec)',
  doc: 'Pre-trains a model. The same spec is the same run: it returns finished results, resumes, or starts. Gives a handle at once: `id`, `checkpoints`, `last`, `at(step)`.',
  bind: (cell) => (spec) => {
    const complete = parseSpec('pretrain', pretrainSchema, { kind: 'pretrain', ...spec });
    return cell.runs.add(complete).handle as RunHandle<PretrainSpec>;
  },
};
