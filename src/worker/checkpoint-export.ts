/** A kept checkpoint as the zip that transformers loads: weights, config, tokenizer, and a card that tells its story. */
import type { Json } from '../checkpoints/checkpoint.ts';
import { exportZip } from '../checkpoints/export.ts';
import { modelCard, type ModelCard } from '../checkpoints/model-card.ts';
import type { ExperimentStore } from '../experiments/experiment-store.ts';
import { lineageTokenizer, traceLineage, type Lineage } from '../experiments/lineage.ts';
import { contextLengthOf } from '../experiments/model-from-spec.ts';
import type { Resources } from '../experiments/resources.ts';
import type { CheckpointReference } from '../experiments/spec.ts';
import { END_OF_TEXT } from '../tokenizers/byte-level-bpe-trainer.ts';

export async function exportCheckpoint(
  reference: CheckpointReference,
  store: ExperimentStore,
  resources: Resources,
): Promise<Blob> {
  const lineage = await traceLineage(reference, store);
  const trained = await lineageTokenizer(lineage, resources);
  const { config, weights, tokens, createdAt } = await store.loadCheckpoint(reference);
  const specialTokens = trained.specialTokens ?? {
    bos_token: END_OF_TEXT,
    eos_token: END_OF_TEXT,
    unk_token: END_OF_TEXT,
  };
  const contextLength = contextLengthOf(config);
  const { stream } = exportZip({
    config,
    weights,
    tokenizer: { json: trained.json as unknown as Json, specialTokens, contextLength },
    card: modelCard(await describe(reference, lineage, tokens, store)),
    modified: new Date(createdAt),
  });
  return new Response(stream, { headers: { 'Content-Type': 'application/zip' } }).blob();
}

async function describe(
  reference: CheckpointReference,
  { root, tunes }: Lineage,
  tokens: number,
  store: ExperimentStore,
): Promise<ModelCard> {
  const record = await store.runs.get(reference.run);
  const last = tunes.at(-1);
  const spec = last?.spec ?? root.spec;
  // The nearest ancestor first: what each tune began from, and the spec of the run that made it.
  const ancestors = tunes.map(({ spec: { from } }, index) => ({
    ...from,
    spec: tunes[index - 1]?.spec ?? root.spec,
  }));
  const origin = root.spec.kind === 'import' ? root.spec.repository : root.spec.model.family;
  return {
    title: last ? `${origin} tuned on ${last.spec.task}` : `${origin} at step ${reference.step}`,
    checkpoint: { run: reference.run, step: reference.step },
    tokens,
    spec: spec as Json,
    lineage: ancestors.reverse(),
    environment: (record?.environment ?? {}) as Json,
  };
}
