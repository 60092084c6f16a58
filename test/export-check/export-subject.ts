/** Makes a subject as a person makes it in the app, exports it, and notes what the engine gives for it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportFiles } from '../../src/checkpoints/export.ts';
import { toFloat32 } from '../../src/checkpoints/tensor-source.ts';
import { modelFromConfig } from '../../src/experiments/model-from-spec.ts';
import { translateConfig } from '../../src/experiments/published-form.ts';
import { runId } from '../../src/experiments/spec-hash.ts';
import {
  finetuneSchema,
  pretrainSchema,
  type CheckpointReference,
  type PretrainSpec,
} from '../../src/experiments/spec.ts';
import { lineageTokenizer, traceLineage } from '../../src/experiments/lineage.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import type { Tokenizer } from '../../src/tokenizers/tokenizer.ts';
import { exportCheckpoint, modelExport } from '../../src/worker/checkpoint-export.ts';
import { logitsOf } from '../conformance/engine-run.ts';
import { hostileTexts, throughUtf8 } from '../tokenizers/hostile-text.ts';
import { openLab, type Lab } from './lab.ts';
import { filesOf, publishedFiles, prose, type GivenFile } from './published.ts';
import type { Published, Subject } from './subjects.ts';

const shape = { batch: 2, time: 29 };
/** Small enough that every model has several files. */
const fileBytes = 20_000;
const optimizer = { learningRate: 3e-3 };
const texts = [...hostileTexts(120, 12), prose].map(throughUtf8);

/**
 * Writes `model.zip` (as the app gives it), `sharded/` (the same, the weights in several files) and `expected.json`
 * into the folder; returns a line that says what was done.
 */
export async function exportSubject(gpu: Gpu, subject: Subject, folder: string): Promise<string> {
  const lab = await openLab(gpu);
  try {
    const checkpoint = await checkpointOf(lab, subject);
    const zip = await exportCheckpoint(checkpoint, lab.store, lab.resources);
    writeFileSync(join(folder, 'model.zip'), new Uint8Array(await zip.arrayBuffer()));
    const files = exportFiles(await modelExport(checkpoint, lab.store, lab.resources), fileBytes);
    await writeFiles(files, join(folder, 'sharded'));
    const expected = await expectations(gpu, lab, checkpoint, subject.published);
    writeFileSync(join(folder, 'expected.json'), JSON.stringify(expected));
    const { status, facts } = (await lab.store.runs.get(checkpoint.run))!;
    return `${folder}: ${status}, step ${checkpoint.step}, ${String(facts.parameters)} parameters`;
  } finally {
    lab.close();
  }
}

async function writeFiles(files: ReturnType<typeof exportFiles>, folder: string): Promise<void> {
  mkdirSync(folder);
  for (const { name, stream } of files) {
    const pieces: Uint8Array[] = [];
    for await (const piece of stream()) pieces.push(new Uint8Array(piece));
    writeFileSync(join(folder, name), Buffer.concat(pieces));
  }
}

async function checkpointOf(lab: Lab, { model, published, folder }: Subject): Promise<CheckpointReference> {
  if (model) return pretrained(lab, model);
  if (folder !== undefined) return imported(lab, await filesOf(folder), true);
  return imported(lab, await publishedFiles(published!), published!.tuned);
}

async function pretrained(lab: Lab, model: object): Promise<CheckpointReference> {
  await lab.resources.addFile('notes.txt', new TextEncoder().encode(prose).buffer);
  const corpora = [{ name: 'file:notes.txt' }];
  const spec: PretrainSpec = pretrainSchema.parse({
    kind: 'pretrain',
    model,
    data: { corpora, tokenizer: { vocabularySize: 301, corpora }, validationFraction: 0 },
    optimizer,
    batchSize: 4,
    contextLength: 32,
    steps: 12,
    checkpoints: [12],
  });
  await lab.run(spec);
  return { run: runId(spec), step: 12 };
}

async function imported(lab: Lab, files: readonly GivenFile[], tuned: boolean): Promise<CheckpointReference> {
  const spec = await lab.models.add('step-100', [{ name: 'step-100', files }]);
  await lab.run(spec);
  const from = { run: runId(spec), step: spec.revisions[0]!.step };
  if (!tuned) return from;
  const sizes = { items: 16, batchSize: 4, contextLength: 64 };
  const tune = finetuneSchema.parse({ kind: 'finetune', from, task: 'spam', optimizer, ...sizes });
  await lab.run(tune);
  return { run: runId(tune), step: 4 };
}

/** What Python must find. */
async function expectations(gpu: Gpu, lab: Lab, checkpoint: CheckpointReference, published?: Published) {
  const { config: json, weights: sources } = await lab.store.loadCheckpoint(checkpoint);
  const { family, config } = modelFromConfig(json as Record<string, unknown>);
  const weights = new Map<string, Float32Array>();
  for (const source of sources) weights.set(source.name, await toFloat32(source));
  const { tokenizer } = await lineageTokenizer(await traceLineage(checkpoint, lab.store), lab.resources);
  const tokens = tokensOf(tokenizer, (config as { vocabularySize: number }).vocabularySize);
  const logits = await logitsOf(gpu, { family, config, weights }, shape, tokens);
  return {
    shape: [shape.batch, shape.time],
    tokens: [...tokens],
    logits: [...logits],
    dtype: sources[0]!.dtype,
    texts: texts.map((text) => {
      const ids = [...tokenizer.encode(text)];
      return { text, ids, decoded: tokenizer.decode(ids) };
    }),
    endOfText: tokenizer.endOfText,
    config: published ? translateConfig(published.config) : {},
    files: published?.files ?? {},
  };
}

/** A row of text, and one of ids from the whole embedding. */
function tokensOf(tokenizer: Tokenizer, rows: number): Int32Array {
  const { time } = shape;
  const text = tokenizer.encode(prose.slice(40)).slice(0, time);
  return Int32Array.from({ length: 2 * time }, (_, at) => (at < time ? text[at]! : (at * 7919 + 13) % rows));
}
