/** `npm run study`: a notebook from first to last cell in a headless browser, its results as files. */
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright';
import { openApp } from './study/app-browser.ts';
import { notebookName, parseOptions, type StudyOptions } from './study/options.ts';
import { clock, watchProgress } from './study/progress.ts';
import { writeResults } from './study/write-results.ts';

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  const source = readFileSync(options.notebook, 'utf8');
  mkdirSync(options.out, { recursive: true });
  const startedAt = new Date();
  const settings = Object.entries(options.set).map(([name, value]) => [`set.${name}`, value]);
  const query = new URLSearchParams([['profile', options.profile], ...settings]);
  // The page's policy allows the public hub and this machine; what the person names is added.
  process.env.AMURO_HUBS = options.hubs.join(' ');
  console.log('Building the app and starting the browser …');
  const app = await openApp(query, options.store === null ? null : resolve(options.store));
  app.page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  try {
    await prepare(app.page, options, source);
    const stopWatching = watchProgress(app.page);
    const { cells } = await app.page.evaluate(() => globalThis.amuro!.runAll());
    stopWatching();
    const wallSeconds = (Date.now() - startedAt.getTime()) / 1000;
    const times = { startedAt: startedAt.toISOString(), wallSeconds };
    const findings = await writeResults(app.page, options, cells, times, app.browserVersion);
    for (const line of findings) console.log(line);
    const failed = cells.filter(({ status }) => status !== 'done');
    for (const { cell, status, message } of failed)
      console.error(`cell ${cell}: ${status}: ${message ?? ''}`);
    console.log(
      `${cells.length - failed.length} of ${cells.length} cells succeeded in ${clock(wallSeconds)}; results in ${options.out}`,
    );
    return failed.length === 0 && cells.length > 0 ? 0 : 1;
  } finally {
    await app.close();
  }
}

/** Waits for the engine, hands over the files, opens the notebook. */
async function prepare(page: Page, options: StudyOptions, source: string): Promise<void> {
  await page.waitForFunction(() => globalThis.amuro !== undefined);
  await page.evaluate(() => globalThis.amuro!.ready);
  for (const [name, path] of Object.entries(options.files)) {
    const base64 = readFileSync(path).toString('base64');
    await page.evaluate(
      async ([file, content]) => {
        const bytes = Uint8Array.from(atob(content!), (character) => character.charCodeAt(0));
        await globalThis.amuro!.addFile(file!, bytes);
      },
      [name, base64],
    );
  }
  await page.evaluate((hubs) => globalThis.amuro!.allowHubs(hubs), options.hubs);
  const name = notebookName(options.notebook);
  await page.evaluate(([id, text]) => globalThis.amuro!.openSource(id!, text!), [name, source]);
  const { engine } = await page.evaluate(() => globalThis.amuro!.info());
  console.log(`Adapter: ${engine.adapter}${engine.software ? ' (software: right, not fast)' : ''}`);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
