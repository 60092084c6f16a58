/** The engine as a notebook's code may use it: what would contact a hub waits for the person's consent. */
import { runId } from '../experiments/spec-hash.ts';
import { importSchema, ownFiles, type ImportSpec, type RunSpec } from '../experiments/spec.ts';
import type { Engine, Params } from '../worker/protocol.ts';
import { HubRefusedError, type HubConsent } from './hub-consent.ts';

export function gateHub(engine: Engine, consent: HubConsent): Engine {
  /** Runs that were stopped since they were last asked for: nobody waits for their answers. */
  const stopped = new Set<string>();
  const gates: Partial<Record<string, (params: never) => Promise<void> | void>> = {
    'hub.revisions': (params: Params<'hub.revisions'>) => {
      const { hub, repository } = importSchema.pick({ hub: true, repository: true }).parse(params);
      return consent.contact(hub, repository);
    },
    'runs.start': ({ spec }: { readonly spec: RunSpec }) =>
      spec.kind === 'import' && spec.hub !== ownFiles ? allowDownload(spec) : undefined,
    'runs.stop': ({ run }: Params<'runs.stop'>) => {
      stopped.add(run);
      consent.withdraw(run);
    },
  };

  /** A run that is known was allowed when it was first started: it goes on without asking. */
  async function allowDownload(spec: ImportSpec): Promise<void> {
    const run = runId(spec);
    if ((await engine.request('runs.get', { run })) !== null) return;
    const { hub, repository, tokenizer } = spec;
    stopped.delete(run);
    await consent.contact(hub, repository, run);
    if (tokenizer) await consent.contact(hub, tokenizer.repository, run);
    const commits = spec.revisions.map(({ commit }) => commit);
    const sizes = await engine.request('hub.sizes', { hub, repository, commits });
    if (stopped.has(run)) throw new HubRefusedError(`${repository}: stopped before it was downloaded`);
    const bytes = sizes.reduce((sum, size) => sum + size.bytes, 0);
    await consent.download(run, { address: hub, repository, download: { revisions: commits.length, bytes } });
  }

  return {
    subscribe: (listener) => engine.subscribe(listener),
    async request(method, params) {
      await gates[method]?.(params as never);
      return engine.request(method, params);
    },
  };
}
