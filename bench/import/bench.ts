/**
 * `import`: a generated model from a dropped file, and from a hub by ranges, into the database of a real browser, against
 * the same number of bytes put raw into IndexedDB from memory. What comes in is judged, cut into shards, hashed, noted and
 * deduplicated on its way. Every sample has a browser of its own, so that nobody's garbage is counted as another's.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provisionBrowser } from '../../scripts/provision.ts';
import type { BenchOptions } from '../options.ts';
import { ratio, spread, type BenchRow } from '../row.ts';
import { versions } from '../versions.ts';
import { measureInBrowser, type Sample } from './sample.ts';
import { writeModelFile } from './model-file.ts';
import { serve, type BenchServer } from './server.ts';
import { ours, peers, stages, type Kind } from './kinds.ts';

const mebibyte = 2 ** 20;
/** What an import may take: four shards of the largest that the format allows. */
const memoryLimit = 64;

/** @param size MiB of the file */
export async function benchImport(
  _: unknown,
  { steps, size }: Pick<BenchOptions, 'steps' | 'size'>,
): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-import-'));
  const weights = join(folder, 'model.safetensors');
  console.log(`  writing a model of ${size} MiB`);
  const file = writeModelFile(weights, size * mebibyte);
  const server = await serve(weights, file.sha256);
  const browser = provisionBrowser();
  const sample = (kind: Kind) => sampled(kind, browser, server, weights, folder);
  try {
    for (const kind of stages) await sample(kind);
    const samples = new Map<Kind, Sample[]>([...peers, ...ours].map((kind) => [kind, []]));
    for (let round = 0; round < steps; round++) {
      console.log(`  round ${round + 1} of ${steps}`);
      for (const [kind, taken] of samples) taken.push(await sample(kind));
    }
    return rowsOf(samples, `${(file.bytes / mebibyte).toFixed(0)} MiB`);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sampled(
  kind: Kind,
  browser: string,
  server: BenchServer,
  weights: string,
  folder: string,
): Promise<Sample> {
  const taken = await measureInBrowser(kind, { browser, server, weights, folder });
  const { rate, processor, memory } = taken;
  const told = [
    `${rate.toFixed(0)} MiB/s`,
    processor === null ? '' : `${processor.toFixed(2)} s of processor per GiB`,
    memory &&
      `renderer +${(memory.renderer / mebibyte).toFixed(0)} MiB, browser +${(memory.browser / mebibyte).toFixed(0)} MiB`,
  ];
  console.log(`    ${kind.padEnd(14)} ${told.filter(Boolean).join('; ')}`);
  return taken;
}

function rowsOf(samples: ReadonlyMap<Kind, Sample[]>, work: string): BenchRow[] {
  const of = (kind: Kind, value: (taken: Sample) => number | null) =>
    spread(samples.get(kind)!.map((taken) => value(taken) ?? NaN));
  const rate = (kind: Kind) => of(kind, (taken) => taken.rate);
  const processor = (kind: Kind) => of(kind, (taken) => taken.processor);
  const risen = (kind: Kind) => of(kind, ({ memory }) => memory && memory.renderer / mebibyte);
  const [{ version }] = samples.get('file') as [Sample];
  const common = { work, adapter: `Chromium ${version}`, subject: `amuro ${versions.amuro}` };
  return ours.flatMap((kind) => {
    const notes = kind === 'file' ? 'from a dropped file' : 'from a hub on this machine';
    const bench = `import.${kind}`;
    const limit = [memoryLimit, memoryLimit, memoryLimit] as const;
    const rows = peers.flatMap((peer) => {
      const each = { ...common, peer, notes };
      const [faster, cheaper] = [
        { unit: 'MiB/s', ours: rate(kind), theirs: rate(peer) },
        { unit: 's of processor per GiB', ours: processor(kind), theirs: processor(peer) },
      ] as const;
      return [
        { ...each, bench, ...faster, ratio: ratio('higher', faster.ours, faster.theirs) },
        {
          ...each,
          bench: `${bench}.processor`,
          ...cheaper,
          ratio: ratio('lower', cheaper.ours, cheaper.theirs),
        },
      ];
    });
    const memory = {
      ...common,
      bench: `${bench}.memory`,
      peer: '4 shards',
      unit: 'MiB risen',
      ours: risen(kind),
      theirs: limit,
      ratio: ratio('lower', risen(kind), limit),
      notes: `${notes}; highest memory of the renderer above its start`,
    };
    return [...rows, memory];
  });
}
