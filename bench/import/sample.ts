/** One measurement of the import benchmark: a browser started for it, what its processes took, and gone again. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { browserArguments } from '../../scripts/browser.ts';
import { BrowserProcesses, type Risen } from './processes.ts';
import { commit, repository, type BenchServer } from './server.ts';
import type { Kind } from './kinds.ts';

export interface Sample {
  /** MiB/s. */
  readonly rate: number;
  /** Seconds of processor time per GiB, of all processes of the browser; null where there is no /proc. */
  readonly processor: number | null;
  readonly memory: Risen | null;
  /** Of the browser. */
  readonly version: string;
}

export interface Bench {
  /** Path of the browser. */
  readonly browser: string;
  readonly server: BenchServer;
  /** Path of the model's file. */
  readonly weights: string;
  /** Where a profile may lie. */
  readonly folder: string;
}

export async function measureInBrowser(kind: Kind, bench: Bench): Promise<Sample> {
  const { browser, server, weights, folder } = bench;
  const profile = join(folder, 'profile');
  const options = { executablePath: browser, headless: true, args: [...browserArguments] };
  const context = await chromium.launchPersistentContext(profile, options);
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(`${server.page}/bench/import/index.html`);
    await page.setInputFiles('input', weights);
    await page.waitForFunction(() => typeof globalThis.measure === 'function');
    await page.evaluate(() => globalThis.prepared);
    const processes = BrowserProcesses.of(profile);
    const task = { kind, hub: { address: server.hub, repository, commit } };
    const { seconds, bytes } = await page.evaluate((given) => globalThis.measure(given), task);
    const took = processes?.stop() ?? null;
    const agent = await page.evaluate(() => navigator.userAgent);
    return {
      rate: bytes / 2 ** 20 / seconds,
      processor: took && (took.processor * 2 ** 30) / bytes,
      memory: took && took.memory,
      version: /Chrome\/([\d.]+)/.exec(agent)?.[1] ?? '',
    };
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
