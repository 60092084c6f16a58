/**
 * `import`: a model of 1 GiB from a dropped file, and from a hub by ranges, into the database of a real browser, against
 * the same bytes put raw into IndexedDB. What comes in is cut into shards, hashed, noted and deduplicated on its way.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright';
import { browserArguments } from '../../scripts/browser.ts';
import { provisionBrowser } from '../../scripts/provision.ts';
import { ratio, spread, type BenchRow } from '../row.ts';
import { versions } from '../versions.ts';
import { watchMemory, type Resident } from './memory.ts';
import { writeModelFile } from './model-file.ts';
import { commit, repository, serve } from './server.ts';
import type { Task } from './worker.ts';

type Kind = Task['kind'];
const ours = ['file', 'hub'] as const;
/** The bytes put as they lie in memory, in two forms; and read from the file and put. */
const peers = ['raw buffers', 'raw blobs', 'raw copy'] as const;
const mebibyte = 2 ** 20;

interface Sample {
  readonly rate: number;
  readonly memory: Resident | null;
}

export async function benchImport(_: unknown, { steps }: { readonly steps: number }): Promise<BenchRow[]> {
  const bytes = Number(process.env.AMURO_IMPORT_BYTES ?? 2 ** 30);
  const folder = mkdtempSync(join(tmpdir(), 'bench-import-'));
  const weights = join(folder, 'model.safetensors');
  const size = writeModelFile(weights, bytes);
  const { address, server } = await serve(weights);
  const profile = join(folder, 'profile');
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: provisionBrowser(),
    headless: true,
    args: [...browserArguments],
  });
  try {
    const page = await openPage(browser, address, weights);
    const samples = new Map<Kind, Sample[]>([...peers, ...ours].map((kind) => [kind, []]));
    for (let round = 0; round < steps; round++) {
      for (const [kind, taken] of samples) taken.push(await sample(page, kind, address, profile));
    }
    return rowsOf(
      samples,
      `${(size / mebibyte).toFixed(0)} MiB`,
      `Chromium ${browser.browser()?.version() ?? ''}`,
    );
  } finally {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function openPage(browser: BrowserContext, address: string, weights: string): Promise<Page> {
  const page = browser.pages()[0] ?? (await browser.newPage());
  await page.goto(`${address}/bench/import/index.html`);
  await page.setInputFiles('input', weights);
  await page.waitForFunction(() => typeof globalThis.measure === 'function');
  return page;
}

async function sample(page: Page, kind: Kind, address: string, profile: string): Promise<Sample> {
  const task = { kind, hub: { address, repository, commit } };
  const stop = watchMemory(profile);
  const { seconds, bytes } = await page.evaluate((given) => globalThis.measure(given), task);
  const memory = stop();
  const rate = bytes / mebibyte / seconds;
  const shown = memory && Object.values(memory).map((peak) => (peak / mebibyte).toFixed(0));
  console.log(
    `  ${kind}: ${rate.toFixed(0)} MiB/s; memory of renderer and browser rose by ${shown?.join(', ')} MiB`,
  );
  return { rate, memory };
}

function rowsOf(samples: ReadonlyMap<Kind, Sample[]>, work: string, adapter: string): BenchRow[] {
  const rates = (kind: Kind) => spread(samples.get(kind)!.map(({ rate }) => rate));
  const risen = (kind: Kind) => {
    const memory = samples.get(kind)!.map((taken) => taken.memory?.renderer ?? NaN);
    return spread(memory.map((bytes) => bytes / mebibyte));
  };
  const common = { bench: 'import', work, adapter, subject: `amuro ${versions.amuro}` };
  return ours.flatMap((kind) =>
    peers.flatMap((peer) => [
      {
        ...common,
        peer,
        unit: 'MiB/s',
        ours: rates(kind),
        theirs: rates(peer),
        ratio: ratio('higher', rates(kind), rates(peer)),
        notes: `from ${kind === 'file' ? 'a dropped file' : 'a hub on this machine'}`,
      },
      {
        ...common,
        peer,
        unit: 'MiB risen',
        ours: risen(kind),
        theirs: risen(peer),
        ratio: ratio('lower', risen(kind), risen(peer)),
        notes: `from ${kind}; highest private memory of the renderer above its start; 4 shards are 64 MiB`,
      },
    ]),
  );
}
