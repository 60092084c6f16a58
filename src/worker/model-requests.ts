/** What the engine answers about models from elsewhere: a hub's revisions and their sizes, and files of one's own. */
import type { z } from 'zod';
import { trajectory } from '../checkpoints/revisions.ts';
import { tokensPerStep } from '../experiments/known-trajectories.ts';
import { planRevision } from '../experiments/import-plan.ts';
import { modelFromConfig } from '../experiments/model-from-spec.ts';
import type { ModelSources } from '../experiments/model-sources.ts';
import type { RunQueue } from '../experiments/run-queue.ts';
import type { ImportSpec } from '../experiments/spec.ts';
import { layoutParameters } from '../models/parameter-layout.ts';
import type { HubRevision, requestSchemas, RevisionSize } from './protocol.ts';

type Repository = Pick<ImportSpec, 'hub' | 'repository'>;

/** Answers by method. */
export function modelHandlers(models: ModelSources, queue: Pick<RunQueue, 'start'>) {
  return {
    'hub.revisions': (repository: Repository) => listRevisions(models, repository),
    'hub.sizes': async ({ commits, ...repository }: Repository & { readonly commits: readonly string[] }) => {
      const sizes: RevisionSize[] = [];
      for (const commit of commits) sizes.push(await measureRevision(models, repository, commit));
      return sizes;
    },
    'models.addFiles': async (given: z.output<(typeof requestSchemas)['models.addFiles']>) =>
      queue.start(await models.add(given.folder, given.revisions)),
  };
}

/**
 * A repository's trajectory by rising step. A repository whose names say nothing of training gives what it has, as
 * step 1 (0 is the untrained model).
 */
async function listRevisions(sources: ModelSources, { hub, repository }: Repository): Promise<HubRevision[]> {
  // Somebody waits for the answer: without a network it is said within seconds.
  const all = await sources.hub(hub, { retries: 1 }).revisions(repository);
  const placed = trajectory(all);
  if (placed.length === 0) {
    const main = all.find(({ name }) => name === 'main') ?? all[0];
    return main
      ? [{ name: main.name, commit: main.commit, step: 1, tokens: null, stage: null, seed: null }]
      : [];
  }
  const perStep = tokensPerStep(repository);
  return placed.map(({ name, commit, step, tokens, stage, seed }) => ({
    name,
    commit,
    step,
    tokens: tokens ?? (perStep === null ? null : step * perStep),
    stage,
    seed,
  }));
}

/** What importing a revision would download, and what its model is; `problem` where it cannot be imported. */
async function measureRevision(
  sources: ModelSources,
  spec: Repository,
  commit: string,
): Promise<RevisionSize> {
  const revision = { name: commit.slice(0, 8), commit, step: 0, tokens: null };
  const { bytes, config } = await planRevision(sources.of(spec.hub), spec.repository, revision);
  const { family, config: read } = modelFromConfig(config as Record<string, unknown>);
  const { count } = layoutParameters(family.parameters(read));
  return { commit, bytes, family: family.name, parameters: count };
}
