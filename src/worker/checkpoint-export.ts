/** A checkpoint as the zip that transformers loads: weights, config and tokenizer. */
import { downloadZip } from 'client-zip';
import { writeSafetensors } from '../checkpoints/safetensors.ts';
import type { ExperimentStore } from '../experiments/experiment-store.ts';
import { traceLineage } from '../experiments/lineage.ts';
import type { Resources } from '../experiments/resources.ts';
import type { CheckpointReference } from '../experiments/spec.ts';

export async function exportCheckpoint(
  reference: CheckpointReference,
  store: ExperimentStore,
  resources: Resources,
): Promise<Blob> {
  const { root } = await traceLineage(reference, store);
  const [checkpoint, { json }] = [
    await store.loadCheckpoint(reference),
    await resources.tokenizer(root.spec.data.tokenizer),
  ];
  const text = (name: string, value: unknown) => ({ name, input: JSON.stringify(value, null, 2) });
  const weights = writeSafetensors(checkpoint.weights);
  return downloadZip([
    text('config.json', checkpoint.config),
    { name: 'model.safetensors', input: weights.stream() },
    text('tokenizer.json', json),
  ]).blob();
}
