/** A finished study as files: rows, steps, figures, report, and what it ran on. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright';
import type { CellOutcome } from '../../src/notebook/cell-state.ts';
import type { StudyOptions } from './options.ts';
import { summarise } from './summary.ts';

export interface StudyTimes {
  readonly startedAt: string;
  readonly wallSeconds: number;
}

/** Writes everything under `options.out`. Returns what was found, in a few lines. */
export async function writeResults(
  page: Page,
  options: StudyOptions,
  cells: readonly CellOutcome[],
  times: StudyTimes,
  browserVersion: string,
): Promise<string[]> {
  const folder = (name: string) => join(options.out, name);
  mkdirSync(folder('figures'), { recursive: true });
  // A browser profile that is kept may hold other studies too: only what this notebook asked for is written.
  const { runs, rows, steps, info } = await page.evaluate(async () => {
    const amuro = globalThis.amuro!;
    const started = new Set(amuro.startedRuns());
    const runs = (await amuro.runs()).filter(({ id }) => started.has(id));
    const evaluations = runs.filter(({ spec }) => spec.kind === 'evaluate').map(({ id }) => id);
    const rows = evaluations.length > 0 ? await amuro.rows(evaluations) : [];
    const steps = (await amuro.steps()).filter(({ run }) => started.has(run));
    return { runs, rows, steps, info: await amuro.info() };
  });
  writeFileSync(folder('rows.jsonl'), jsonLines(rows));
  writeFileSync(folder('steps.jsonl'), jsonLines(steps));
  for (const { name, svg, png, csv } of await page.evaluate(() => globalThis.amuro!.figures())) {
    writeFileSync(folder(`figures/${name}.svg`), svg);
    writeFileSync(folder(`figures/${name}.png`), Buffer.from(png, 'base64'));
    writeFileSync(folder(`figures/${name}.csv`), csv);
  }
  writeFileSync(folder('report.html'), await page.evaluate(() => globalThis.amuro!.reportHtml()));
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const record = {
    notebook: options.notebook,
    profile: options.profile,
    settings: options.set,
    versions: { amuro: version, node: process.version, browser: browserVersion, userAgent: info.userAgent },
    adapter: info.engine,
    storage: info.storage,
    ...times,
    cells,
    runs,
  };
  writeFileSync(folder('run.json'), `${JSON.stringify(record, null, 2)}\n`);
  return summarise(runs, steps, rows);
}

function jsonLines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}
