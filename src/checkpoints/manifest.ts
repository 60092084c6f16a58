/**
 * A checkpoint's manifest: what the checkpoint is, and for each tensor which bytes of which shards. It is written
 * last, so a checkpoint exists when its manifest does. It carries a digest of itself, since the hashes in it are what
 * everything else is verified against.
 */
import { z } from 'zod';
import { byteLength, itemSizes, type Dtype } from './dtype.ts';
import { CorruptManifestError } from './errors.ts';
import { hashShard } from './shards.ts';

const whole = z.number().int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const partSchema = z.strictObject({ shard: hash, offset: whole, length: whole });
const tensorSchema = z.strictObject({
  name: z.string().min(1),
  dtype: z.enum(Object.keys(itemSizes) as [Dtype, ...Dtype[]]),
  shape: z.array(whole),
  /** The tensor's bytes in order. */
  parts: z.array(partSchema),
});
export const referenceSchema = z.strictObject({ run: z.string().min(1), step: whole });

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  run: z.string().min(1),
  step: whole,
  /** Tokens trained on so far. */
  tokens: z.number().nonnegative(),
  /** Milliseconds since 1970. */
  createdAt: z.number(),
  /** Checkpoints this one descends from, the nearest first. */
  lineage: z.array(referenceSchema),
  /** The model's config, as the model family reads it. */
  config: z.json(),
  /** What the trainer needs to go on exactly: data cursor, seeds, schedule position. Null when it cannot go on. */
  trainer: z.json(),
  weights: z.array(tensorSchema),
  /** Optimizer moments; dropped once the run has finished or saved newer ones. */
  moments: z.array(tensorSchema),
});

export type TensorEntry = z.infer<typeof tensorSchema>;
export type CheckpointReference = z.infer<typeof referenceSchema>;
export type Manifest = z.infer<typeof manifestSchema>;
/** Plain data that JSON holds exactly. */
export type Json = z.infer<ReturnType<typeof z.json>>;

/** A manifest as stored: its shards, each once, for the index, and its digest. */
export interface StoredManifest {
  readonly run: string;
  readonly step: number;
  readonly shards: readonly string[];
  readonly manifest: unknown;
  /** SHA-256 of the manifest's JSON. */
  readonly digest: string;
}

/** @throws an Error naming the first field that is not as a manifest must be, e.g. a trainer state that is not JSON */
export async function sealManifest(manifest: Manifest): Promise<StoredManifest> {
  const problem = problemWith(manifest);
  if (problem !== null) throw new TypeError(`saveCheckpoint: not a valid checkpoint: ${problem}`);
  return {
    run: manifest.run,
    step: manifest.step,
    shards: shardsOf(manifest),
    manifest,
    digest: await digestOf(manifest),
  };
}

/** @throws CorruptManifestError when the stored manifest is not what was sealed */
export async function unsealManifest(stored: StoredManifest): Promise<Manifest> {
  const { run, step } = stored;
  const problem = problemWith(stored.manifest);
  if (problem !== null) throw new CorruptManifestError(run, step, problem);
  const manifest = stored.manifest as Manifest;
  const digest = await digestOf(manifest);
  if (digest !== stored.digest || manifest.run !== run || manifest.step !== step) {
    throw new CorruptManifestError(
      run,
      step,
      `its digest does not match, got ${digest}, expected ${stored.digest}`,
    );
  }
  return manifest;
}

/** The addresses of a manifest's shards, each once. */
export function shardsOf({ weights, moments }: Pick<Manifest, 'weights' | 'moments'>): string[] {
  const parts = [...weights, ...moments].flatMap((tensor) => tensor.parts);
  return [...new Set(parts.map((part) => part.shard))];
}

/** Bytes of the tensors of a section. */
export function sectionBytes(tensors: readonly TensorEntry[]): number {
  return tensors.reduce((sum, { dtype, shape }) => sum + byteLength(dtype, shape)!, 0);
}

function problemWith(manifest: unknown): string | null {
  const parsed = manifestSchema.safeParse(manifest);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return `${issue.path.join('.')}: ${issue.message}`;
  }
  return tensorProblem('weights', parsed.data.weights) ?? tensorProblem('moments', parsed.data.moments);
}

function tensorProblem(section: string, tensors: readonly TensorEntry[]): string | null {
  const names = new Set<string>();
  for (const { name, dtype, shape, parts } of tensors) {
    if (names.has(name)) return `${section} holds ${name} twice`;
    names.add(name);
    const expected = byteLength(dtype, shape);
    const got = parts.reduce((sum, part) => sum + part.length, 0);
    if (got !== expected) return `${section}: ${name} has ${got} bytes, expected ${expected}`;
  }
  return null;
}

function digestOf(manifest: Manifest): Promise<string> {
  return hashShard(new TextEncoder().encode(JSON.stringify(manifest)));
}
