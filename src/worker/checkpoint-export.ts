/** A kept checkpoint as the zip that transformers loads: weights, config, tokenizer, and a card that tells its story. */
import type { Json } from '../checkpoints/checkpoint.ts';
import { exportZip, type ModelExport } from '../checkpoints/export.ts';
import { modelCard, type ModelCard } from '../checkpoints/model-card.ts';
import type { ExperimentStore } from '../experiments/experiment-store.ts';
import { lineageTokenizer, traceLineage, type Lineage } from '../experiments/lineage.ts';
import { contextLengthOf, modelFromConfig } from '../experiments/model-from-spec.ts';
import type { Resources } from '../experiments/resources.ts';
import { ownFiles, type CheckpointReference } from '../experiments/spec.ts';
import { END_OF_TEXT } from '../tokenizers/byte-level-bpe-trainer.ts';

/** Of a tokenizer trained here. */
const trainedSpecialTokens = { bos_token: END_OF_TEXT, eos_token: END_OF_TEXT, unk_token: END_OF_TEXT };

/** The zip as a file to save. */
export async function exportCheckpoint(
  reference: CheckpointReference,
  store: ExperimentStore,
  resources: Resources,
): Promise<Blob> {
  const { stream } = exportZip(await modelExport(reference, store, resources));
  return new Response(stream, { headers: { 'Content-Type': 'application/zip' } }).blob();
}

/** Everything that is exported of a checkpoint; its weights are read when the export is. */
export async function modelExport(
  reference: CheckpointReference,
  store: ExperimentStore,
  resources: Resources,
): Promise<ModelExport> {
  const lineage = await traceLineage(reference, store);
  const { json, ...settings } = await lineageTokenizer(lineage, resources);
  const { config, weights, tokens, createdAt } = await store.loadCheckpoint(reference);
  const tokenizer = {
    json: json as unknown as Json,
    specialTokens: settings.specialTokens ?? trainedSpecialTokens,
    chatTemplate: settings.chatTemplate,
    contextLength: contextLengthOf(config),
  };
  const card = modelCard({ ...(await describe(reference, lineage, store)), tokens, ...classOf(config) });
  const { generation } = settings;
  return { config, weights, tokenizer, generation, card, modified: new Date(createdAt) };
}

function classOf(config: Json): Pick<ModelCard, 'transformersClass'> {
  const model = modelFromConfig(config as Record<string, unknown>);
  const { architectures } = model.family.toHuggingFace(model.config);
  return { transformersClass: (architectures as readonly string[] | undefined)?.[0] ?? null };
}

async function describe(
  reference: CheckpointReference,
  { root, tunes }: Lineage,
  store: ExperimentStore,
): Promise<Omit<ModelCard, 'tokens' | 'transformersClass'>> {
  const record = await store.runs.get(reference.run);
  const last = tunes.at(-1);
  const spec = last?.spec ?? root.spec;
  // The nearest ancestor first: what each tune began from, and the spec of the run that made it.
  const ancestors = tunes.map(({ spec: { from } }, index) => ({
    ...from,
    spec: tunes[index - 1]?.spec ?? root.spec,
  }));
  const model = root.spec.kind === 'import' ? root.spec.repository : root.spec.model.family;
  return {
    title: last ? `${model} tuned on ${last.spec.task}` : `${model} at step ${reference.step}`,
    origin: originOf(root),
    trained: last !== undefined || root.spec.kind === 'pretrain',
    checkpoint: { run: reference.run, step: reference.step },
    spec: spec as Json,
    lineage: ancestors.reverse(),
    environment: (record?.environment ?? {}) as Json,
  };
}

function originOf({ spec, checkpoint }: Lineage['root']): string {
  if (spec.kind === 'pretrain') return 'Trained from random weights.';
  const revision = spec.revisions.find(({ step }) => step === checkpoint.step);
  const which = revision ? `, revision ${revision.name}, commit ${revision.commit}` : '';
  const place = spec.hub === ownFiles ? 'files of its own' : spec.hub;
  return `Published weights: ${spec.repository}${which}, from ${place}.`;
}
