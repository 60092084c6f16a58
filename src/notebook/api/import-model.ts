/** `importModel`: published checkpoints brought into this browser, as a run like any other. */
import type { z } from 'zod';
import { importSchema, type ImportSpec } from '../../experiments/spec.ts';
import type { Builtin } from '../builtins.ts';
import { parseSpec } from '../parse-spec.ts';
import type { RunHandle } from '../run-handle.ts';
import { listArgument } from './list-argument.ts';

export type ImportInput = Omit<z.input<typeof importSchema>, 'kind'>;

export const importModel: Builtin<(spec: ImportInput) => RunHandle<ImportSpec>> = {
  signature: 'importModel({repository, revisions})',
  doc: 'Downloads revisions of a repository, as `revisions` lists them; each becomes a checkpoint at its step. Gives a handle at once, as `pretrain` does. The page asks before it downloads.',
  bind: (cell) => (spec) => {
    const complete = parseSpec('importModel', importSchema, {
      kind: 'import',
      ...spec,
      revisions: listArgument('importModel: revisions', spec.revisions).map(pinned),
    });
    return cell.runs.add(complete).handle as RunHandle<ImportSpec>;
  },
};

/** Of what `revisions` lists, what pins a checkpoint: its stage has gone into its step, its seed into its commit. */
function pinned(revision: ImportInput['revisions'][number]): ImportInput['revisions'][number] {
  return Object.fromEntries(
    Object.entries(revision).filter(([field]) => !['stage', 'seed'].includes(field)),
  ) as typeof revision;
}
