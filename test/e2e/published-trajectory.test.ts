/** A published trajectory in the built app: listed, picked, downloaded, cut off by a reload, evaluated over its steps. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { AxeResults } from 'axe-core';
import type { Frame, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findBrowser } from '../../scripts/browser.ts';
import { openApp, type AppBrowser } from '../../scripts/study/app-browser.ts';
import { readZipDirectory } from '../../src/checkpoints/zip-directory.ts';
import { startHub, type HubServer } from '../checkpoints/hub-server.ts';
import { config, modelFiles, publish, repository } from '../experiments/published-model.ts';

const steps = [0, 1, 16, 128, 1000, 4000];
/** Two windows of what is read ahead for each revision, and few enough numbers to be evaluated in seconds. */
const wide = { ...config, hidden_size: 32, num_hidden_layers: 2, intermediate_size: 8448 };
const source = `<!doctype html>
<notebook>
  <title>A trajectory</title>
  <script id="1" type="module">const listed = await revisions("${repository}", {hub: settings.hub});</script>
  <script id="2" type="module">
    const rows = evaluate(pico.checkpoints.map((checkpoint) => ({
      checkpoint, task: "spam", shifts: ["id"], formats: ["default"], items: 8, contextLength: 48
    })));
  </script>
  <script id="3" type="module">performanceByStep(rows)</script>
</notebook>`;

let app: AppBrowser;
let page: Page;
let hub: HubServer;

const frame = (): Frame => page.frames().find((each) => each !== page.mainFrame())!;
const soon = <T>(value: () => T, timeout = 20_000) => expect.poll(value, { timeout, interval: 50 });

/** How the import stands, by its latest report. */
async function standing(): Promise<{ status: string; done: number; total: number }> {
  const views = await page.evaluate(() => globalThis.amuro!.progress());
  const view = views.find(({ record }) => record.spec.kind === 'import');
  const { status, done, total } = view?.progress ?? view?.record ?? { status: 'none', done: 0, total: 0 };
  return { status, done, total };
}

async function opened(): Promise<void> {
  await page.waitForFunction(() => globalThis.amuro !== undefined);
  await page.evaluate(() => globalThis.amuro!.ready);
}

async function severe(): Promise<string[]> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
      iframes: false,
    }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.flat().join(' ')}`));
}

describe.skipIf(findBrowser() === undefined)('a published trajectory in the built app', () => {
  beforeAll(async () => {
    vi.stubEnv('NODE_ENV', 'production'); // vite builds what vitest's own mode says otherwise
    hub = await startHub(repository, await publish(steps, { config: wide }));
    app = await openApp(new URLSearchParams({ 'set.hub': hub.address }), null);
    page = app.page;
    await opened();
    await page.evaluate((text) => globalThis.amuro!.openSource('trajectory', text), source);
  }, 180_000);

  afterAll(async () => {
    await app?.close();
    await hub?.close();
    vi.unstubAllEnvs();
  });

  it('asks before a cell reaches the hub, which opening the notebook did not', async () => {
    const run = () => frame().getByRole('button', { name: 'Run cell 1' }).click();
    await run();
    const question = page.getByRole('alertdialog');
    await soon(() => question.textContent()).toMatch(/asks 127|asks http:\/\/127.*lab\/pico/s);
    expect(await severe()).toEqual([]);
    await question.getByRole('button', { name: 'Don’t allow' }).click();
    await frame().getByText('not allowed to ask').first().waitFor();
    expect(hub.lists).toEqual([]);
    await run();
    await question.getByRole('button', { name: 'Allow', exact: true }).click();
    await soon(() => hub.lists.length).toBe(1);
  });

  it('lists the revisions, and says the bytes of those picked', async () => {
    await page.keyboard.press('Control+k');
    await page.keyboard.type('import a model');
    await page.keyboard.press('Enter');
    await page.keyboard.type(repository);
    await page.getByText('Advanced').click();
    await page.getByLabel('Address of the hub').fill(hub.address);
    await page.keyboard.press('Enter');
    const axis = page.getByRole('img', { name: /6 revisions from step 0 to 4,000, 6 picked/ });
    await axis.waitFor();
    await page.getByRole('checkbox', { name: 'step16' }).uncheck();
    await soon(() => page.getByRole('status').allTextContents()).toContainEqual(
      expect.stringMatching(/5 of 6 revisions · GPT-NeoX, 1\.1.M parameters · 22.\d?.?MB to download/),
    );
    await page.getByRole('checkbox', { name: 'step16' }).check();
    await soon(() => page.getByRole('button', { name: /^Download 2\d/ }).isEnabled()).toBe(true);
    expect(hub.sent.bytes).toBeLessThan(20_000); // configs
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await severe()).toEqual([]);
    }
  });

  it('downloads with progress, and goes on after a reload in the middle', async () => {
    hub.delay = 150;
    await page.getByRole('button', { name: /^Download 2\d/ }).click();
    await frame().getByText('Import lab/pico, 6 revisions', { exact: true }).waitFor();
    await frame()
      .getByText(/MB of 2\d.*MB\/s.*left.*downloading step/s)
      .waitFor({ timeout: 20_000 });
    await soon(async () => (await standing()).done / (await standing()).total).toBeGreaterThan(0.4);
    const before = await standing();
    expect(before).toMatchObject({ status: 'running' });
    await page.reload();
    await opened();
    await soon(async () => (await standing()).status).toBe('finished');
    // What was under way when the page went, and no more, came twice: a file's header and a window behind it.
    expect(hub.sent.bytes).toBeLessThan(before.total + 2 * 2 ** 22 + 6 * 1.1e6);
    const again = hub.requests.filter((request) => request.startsWith('model') && / bytes=0-/.test(request));
    expect(again.length).toBeLessThanOrEqual(steps.length + 1);
  });

  it('evaluates the imported checkpoints over their steps, as a figure', async () => {
    const sent = hub.requests.length;
    const { cells } = await page.evaluate(() => globalThis.amuro!.runAll());
    expect(cells.map(({ status, message }) => message ?? status)).toEqual(cells.map(() => 'done'));
    const rows = await page.evaluate(() => globalThis.amuro!.rows());
    expect([...new Set(rows.map(({ step }) => step))].sort((a, b) => a - b)).toEqual(steps);
    expect(rows.every(({ step, tokens, phase }) => tokens === 0 && step >= 0 && phase === 'base')).toBe(true);
    expect(hub.requests).toHaveLength(sent);
    await soon(() => frame().locator('figure-card svg').first().textContent()).toContain('4,000');
  });

  it('exports a checkpoint as the zip that transformers loads', async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export checkpoint 128 as a model' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/pico.*-step-128\.zip$/);
    const zip = { name: 'model.zip', bytes: new Blob([new Uint8Array(await readFile(await file.path()))]) };
    const names = [...(await readZipDirectory(zip)).keys()].sort();
    expect(names).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  it('imports a folder that is dropped onto the notebook', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'amuro-model-'));
    for (const [name, bytes] of Object.entries(await modelFiles())) writeFileSync(join(folder, name), bytes);
    const client = await page.context().newCDPSession(page);
    const data = { items: [], files: [folder], dragOperationsMask: 1 };
    // Over the frame, and once the page has covered it, over the page: only that one may read a folder.
    for (const type of ['dragEnter', 'dragOver', 'dragEnter', 'dragOver', 'drop'] as const) {
      await client.send('Input.dispatchDragEvent', { type, x: 700, y: 600, data });
      await page.waitForTimeout(300);
    }
    const own = async () => {
      const runs = await page.evaluate(() => globalThis.amuro!.runs());
      return runs.filter(({ spec }) => 'hub' in spec && spec.hub === 'files').map(({ status }) => status);
    };
    await soon(own).toEqual(['finished']);
    await frame()
      .getByText(`Import ${basename(folder)}`, { exact: true })
      .waitFor();
    rmSync(folder, { recursive: true });
  });
});
