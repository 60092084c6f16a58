/** Importing published checkpoints: a run whose steps are bytes. It needs no GPU, and goes on where it was cut off. */
import { loadCheckpoint } from '../checkpoints/checkpoint.ts';
import { HubError } from '../checkpoints/hub-fetch.ts';
import { importFolder, isRefusal } from '../checkpoints/import-model.ts';
import { discardWrite } from '../checkpoints/pending-write.ts';
import { requireRoom } from '../checkpoints/storage.ts';
import type { TensorSource } from '../checkpoints/tensor-source.ts';
import { writtenBytes } from '../checkpoints/write-notes.ts';
import { layoutParameters } from '../models/parameter-layout.ts';
import { writeName, writeNames } from './import-writes.ts';
import { findTokenizer, planRevision, type PlannedRevision } from './import-plan.ts';
import { adoptParameters } from './imported-parameters.ts';
import { modelFromConfig } from './model-from-spec.ts';
import type { ModelSource, ModelSources } from './model-sources.ts';
import type { RunOutcome, WorkContext } from './run-context.ts';
import type { ExperimentStore } from './experiment-store.ts';
import type { CheckpointReference, ImportedRevision, ImportSpec } from './spec.ts';

/** No more reports than this, in ms. */
const reportEvery = 200;

export async function executeImport(
  spec: ImportSpec,
  context: WorkContext,
  sources: ModelSources,
): Promise<RunOutcome> {
  try {
    return await new Import(spec, context, sources).run();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new Error(`${error.message}. What has arrived is kept: Resume goes on there`, { cause: error });
  }
}

class Import {
  private done = 0;
  private total = 1;
  private reportedAt = 0;

  constructor(
    private readonly spec: ImportSpec,
    private readonly context: WorkContext,
    private readonly sources: ModelSources,
  ) {}

  async run(): Promise<RunOutcome> {
    const { control, activity } = this.context;
    const planned = await this.plan();
    const { length } = this.spec.revisions;
    let number = length - planned.length;
    for (const each of planned) {
      if ((await control.boundary(nothingToSave)) === 0) return 'stopped';
      activity(`downloading ${each.revision.name}, ${++number} of ${length}`);
      await this.bring(each);
    }
    await this.report(true);
    return 'finished';
  }

  /** What is still to be brought, by rising step; the whole is looked at before the first byte of a weight. */
  private async plan(): Promise<PlannedRevision[]> {
    const { spec, context, sources } = this;
    const { id, store, activity } = context;
    const kept = new Map((await store.listCheckpoints(id)).map(({ step, bytes }) => [step, bytes]));
    const open = spec.revisions.filter(({ step }) => !kept.has(step)).sort((a, b) => a.step - b.step);
    const source = sources.of(spec.hub);
    const planned: PlannedRevision[] = [];
    for (const [index, revision] of open.entries()) {
      activity(`looking at the files, ${index + 1} of ${open.length}`);
      planned.push(await this.look(source, revision));
    }
    await this.keepTokenizer(planned);
    const left = sum(planned.map(({ bytes }) => bytes));
    const begun = await Promise.all(writeNames(spec).map((name) => writtenBytes(store.database, name)));
    await requireRoom('import', left - sum(begun));
    this.done = sum([...kept.values()]);
    this.total = Math.max(1, this.done + left);
    await this.report(true);
    return planned;
  }

  private async look(source: ModelSource, revision: ImportedRevision): Promise<PlannedRevision> {
    const { spec, context } = this;
    try {
      return await planRevision(source, spec.repository, revision, context.signal);
    } catch (error) {
      // What an earlier try has left of it would wait in vain.
      if (error instanceof Error && isRefusal(error.cause))
        await discardWrite(context.store.database, writeName(spec, revision.commit));
      throw error;
    }
  }

  private async keepTokenizer(planned: readonly PlannedRevision[]): Promise<void> {
    const { spec, context, sources } = this;
    const { id, resources, signal } = context;
    const last = planned.at(-1);
    if (!last || (await resources.imported.has(id))) return;
    const source = sources.of(spec.hub);
    const folder = spec.tokenizer
      ? await source.folder(spec.tokenizer.repository, spec.tokenizer.commit, signal)
      : await findTokenizer(
          source,
          spec.repository,
          planned.map((each) => each.folder),
          signal,
        );
    const json = last.config as Record<string, unknown>;
    await resources.imported.keep(id, folder, { folder: last.folder, config: json });
    const { family, config } = modelFromConfig(json);
    const { tokenizer } = await resources.imported.get(id);
    context.facts({
      family: family.name,
      parameters: layoutParameters(family.parameters(config)).count,
      vocabulary: tokenizer.vocabularySize,
    });
  }

  private async bring({ revision, folder, bytes }: PlannedRevision): Promise<void> {
    const { id: run, store, signal } = this.context;
    const { step, tokens, commit } = revision;
    const target = { run, step, tokens: tokens ?? 0 };
    const before = this.done;
    const twin = await findTwin(this.spec, commit, store);
    if (twin) await store.saveCheckpoint({ ...target, config: twin.config, weights: twin.weights });
    else {
      await importFolder(store.database, folder, target, {
        signal,
        resumeAs: writeName(this.spec, commit),
        adopt: (published, tensors) => {
          const { config, weights } = adoptParameters(published, tensors);
          return { config, weights: weights.map((tensor) => this.paced(tensor)) };
        },
        onProgress: ({ doneBytes }) => (this.done = before + Math.min(doneBytes, bytes)),
      });
      store.announceCheckpoint(target);
    }
    this.done = before + bytes;
    await this.report(true);
  }

  /** The same tensor, read only as fast as the person allows, each piece reported. */
  private paced(tensor: TensorSource): TensorSource {
    const pace = (): Promise<void> => this.pace();
    return {
      ...tensor,
      async *read(start) {
        for await (const piece of tensor.read(start)) {
          await pace();
          yield piece;
        }
      },
    };
  }

  private async pace(): Promise<void> {
    const { control, signal } = this.context;
    await this.report(false);
    if (control.interrupted) await control.boundary(nothingToSave);
    signal.throwIfAborted();
  }

  private async report(always: boolean): Promise<void> {
    const now = performance.now();
    if (!always && now - this.reportedAt < reportEvery) return;
    this.reportedAt = now;
    await this.context.progress(this.done, this.total, 0);
  }
}

/** A commit that another import has brought already: it is not downloaded twice. */
async function findTwin({ hub, repository }: ImportSpec, commit: string, store: ExperimentStore) {
  for (const { id, spec } of await store.runs.list()) {
    if (spec.kind !== 'import' || spec.hub !== hub || spec.repository !== repository) continue;
    const twin = spec.revisions.find((revision) => revision.commit === commit);
    const reference: CheckpointReference | null = twin ? { run: id, step: twin.step } : null;
    if (reference && (await store.hasCheckpoint(reference))) return loadCheckpoint(store.database, reference);
  }
  return null;
}

/** Every shard is kept as it arrives. */
function nothingToSave(): Promise<void> {
  return Promise.resolve();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
