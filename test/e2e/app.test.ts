/** The built app as a person without a mouse meets it: cells, a run, a figure, a reload in the middle, and axe-core. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Frame, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findBrowser } from '../../scripts/browser.ts';
import { openApp, type AppBrowser } from '../../scripts/study/app-browser.ts';
import { activeElement, cellTexts, focusedCell, pressUntil } from './keyboard.ts';

const source = `<!doctype html>
<notebook>
  <title>A tiny run</title>
  <script id="1" type="text/markdown"># A tiny run</script>
  <script id="2" type="module">const words = Array.from({length: 3}, (_, at) => "line " + at);</script>
  <script id="3" type="module">
    const corpora = [{name: "state-of-the-union", maxBytes: 200000}];
    const run = pretrain({
      model: {family: "gpt_neox", layers: 1, width: 16, heads: 2},
      data: {corpora, tokenizer: {vocabularySize: 300, corpora}, validationFraction: 0.2},
      optimizer: {learningRate: 0.003, warmupSteps: 2},
      batchSize: 2, contextLength: 32, steps: 1200, checkpoints: [0, 100, 1200],
      validation: {every: 100, batches: 1}
    });
  </script>
  <script id="4" type="module">const curve = steps(run);</script>
  <script id="5" type="module">lossCurve(curve)</script>
  <script id="6" type="module">table(curve)</script>
  <script id="7" type="module">words.join("\\n").repeat(40)</script>
</notebook>`;

let app: AppBrowser;
let page: Page;

const frame = (): Frame => page.frames().find((each) => each !== page.mainFrame())!;
const press = (...keys: string[]): Promise<void> =>
  keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());

/** As `expect.poll`, on a machine that trains meanwhile. */
const soon = <T>(value: () => T) => expect.poll(value, { timeout: 10_000 });

/** Steps done of the one run, and how it stands. */
async function standing(): Promise<{ status: string; done: number }> {
  const [view] = await page.evaluate(() => globalThis.amuro!.progress());
  const { status, done } = view?.progress ?? view?.record ?? { status: 'none', done: 0 };
  return { status, done };
}

async function opened(): Promise<void> {
  await page.waitForFunction(() => globalThis.amuro !== undefined);
  await page.evaluate(() => globalThis.amuro!.ready);
}

/** From the top of the page into the first cell, by the page's first link. */
async function enterNotebook(): Promise<void> {
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await press('Tab', 'Enter');
  await pressUntil(page, 'Tab', async () => (await focusedCell(frame())) === 1);
}

async function severe(where: Frame): Promise<string[]> {
  const { violations } = await where.evaluate(() =>
    (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
      iframes: false,
    }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.flat().join(' ')}`));
}

describe.skipIf(findBrowser() === undefined)('the built app by keyboard alone', () => {
  beforeAll(async () => {
    vi.stubEnv('NODE_ENV', 'production'); // vite builds what vitest's own mode says otherwise
    app = await openApp(new URLSearchParams(), null);
    page = app.page;
    await opened();
    await page.evaluate((text) => globalThis.amuro!.openSource('tiny', text), source);
  }, 120_000);

  afterAll(async () => {
    await app?.close();
    vi.unstubAllEnvs();
  });

  it('moves between cells, inserts, deletes and brings back', async () => {
    await soon(() => cellTexts(frame())).toHaveLength(7);
    const before = await cellTexts(frame());
    await enterNotebook();
    await press('Shift+Enter');
    await soon(() => focusedCell(frame())).toBe(2);
    await press('b');
    await soon(() => activeElement(frame())).toContain('Source of cell 3');
    await page.keyboard.type('1 + 1');
    await press('Escape');
    await soon(() => focusedCell(frame())).toBe(3);
    await press('a');
    await soon(() => activeElement(frame())).toContain('Source of cell 3');
    await press('Escape');
    await soon(() => cellTexts(frame())).toHaveLength(9);
    await press('d', 'd');
    await soon(() => cellTexts(frame())).toHaveLength(8);
    await press('z');
    await soon(() => cellTexts(frame())).toHaveLength(9);
    await press('d', 'd');
    await soon(() => cellTexts(frame())).toHaveLength(8);
    await soon(() => focusedCell(frame())).toBe(3);
    await press('d', 'd');
    await soon(() => cellTexts(frame())).toEqual(before);
  });

  it('trains; Pause, Step and Resume take hold', async () => {
    await soon(() => focusedCell(frame())).toBe(3);
    for (let cell = 3; cell < 7; cell++) {
      await press('Shift+Enter');
      await soon(() => focusedCell(frame())).toBe(cell + 1);
    }
    await press('Control+Enter');
    await expect.poll(async () => (await standing()).done, { timeout: 60_000 }).toBeGreaterThan(3);
    await pressUntil(page, 'Shift+Tab', async () => (await activeElement(frame())) === 'Pause');
    await press('Enter');
    await expect.poll(async () => (await standing()).status, { timeout: 20_000 }).toBe('paused');
    const { done } = await standing();
    expect(done).toBeLessThan(1200);
    await pressUntil(page, 'Tab', async () => (await activeElement(frame())) === 'Step');
    await press('Enter');
    await expect.poll(standing, { timeout: 20_000 }).toEqual({ status: 'paused', done: done + 1 });
    await pressUntil(page, 'Shift+Tab', async () => (await activeElement(frame())) === 'Resume');
    await press('Enter');
    await expect.poll(async () => (await standing()).done, { timeout: 20_000 }).toBeGreaterThan(done + 1);
  });

  it('goes on after a reload in the middle', async () => {
    await expect.poll(async () => (await standing()).done, { timeout: 30_000 }).toBeGreaterThan(105);
    const { done } = await standing();
    expect(done).toBeLessThan(1200);
    await page.reload();
    await opened();
    await soon(() => cellTexts(frame())).toHaveLength(7);
    await press('Control+Shift+Enter');
    let least = Infinity;
    const status = async (): Promise<string> => {
      const now = await standing();
      least = Math.min(least, now.done);
      return now.status;
    };
    await expect.poll(status, { timeout: 90_000, interval: 100 }).toBe('finished');
    expect(least).toBeGreaterThanOrEqual(100); // where its last checkpoint is
    const steps = await page.evaluate(() => globalThis.amuro!.steps());
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 1200 }, (_, at) => at + 1));
  });

  it('gives the figure as SVG and CSV, and the table to the clipboard', async () => {
    await frame().locator('figure-card svg').first().waitFor();
    await enterNotebook();
    for (const [downs, ending, content] of [
      [0, '.svg', '<svg'],
      [2, '.csv', 'step'],
    ] as const) {
      await pressUntil(page, 'Tab', async () => (await activeElement(frame())) === 'Export');
      await press('Enter');
      await soon(() => activeElement(frame())).toContain('SVG');
      const download = page.waitForEvent('download');
      await press(...Array<string>(downs).fill('ArrowDown'), 'Enter');
      const file = await download;
      expect(file.suggestedFilename()).toContain(ending);
      expect(await readFile(await file.path(), 'utf8')).toContain(content);
      await press('Shift+Tab');
    }
    await pressUntil(page, 'Tab', async () => (await activeElement(frame())) === 'Copy CSV');
    await press('Enter');
    await soon(() => frame().locator('data-table [role=status]').textContent()).toBe('1,200 rows copied');
  });

  it.each(['light', 'dark'] as const)('has no serious finding of axe-core, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }); // a colour on its way to another has no contrast
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const where of [page.mainFrame(), frame()]) {
      await where.evaluate(axe);
      expect(await severe(where)).toEqual([]);
    }
  });
});
