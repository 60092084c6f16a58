/** `revisions`: a published repository as a pre-training trajectory. */
import { importSchema } from '../../experiments/spec.ts';
import type { HubRevision } from '../../worker/protocol.ts';
import type { Builtin } from '../builtins.ts';
import { parseSpec } from '../parse-spec.ts';

type ListRevisions = (
  repository: string,
  options?: { readonly hub?: string },
) => Promise<readonly HubRevision[]>;

const schema = importSchema.pick({ hub: true, repository: true });

export const revisions: Builtin<ListRevisions> = {
  signature: 'await revisions("owner/name", {hub})',
  doc: 'The revisions of a repository on the hub by rising training step: name, commit, step, tokens. The page asks before it contacts the hub.',
  bind:
    (cell) =>
    (repository, options = {}) =>
      cell.engine.request('hub.revisions', parseSpec('revisions', schema, { repository, ...options })),
};
