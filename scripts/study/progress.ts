/** What a study is doing, one line whenever it changes, with the time left. */
import type { Page } from 'playwright';

interface Line {
  readonly run: string;
  readonly kind: string;
  readonly status: string;
  readonly done: number;
  readonly total: number;
  readonly activity: string;
  readonly tokensPerSecond: number | null;
  readonly secondsLeft: number | null;
}

const pollEvery = 2000;

/** Prints progress until the returned function is called. */
export function watchProgress(page: Page, print: (line: string) => void = console.log): () => void {
  const startedAt = Date.now();
  const last = new Map<string, string>();
  let over = false;
  const poll = async () => {
    while (!over) {
      // A page that is closing or busy has nothing to say now; the outcome of the run is told elsewhere.
      const lines = await page.evaluate(readLines).catch(() => [] as Line[]);
      for (const line of lines) show(line);
      await new Promise((resolve) => setTimeout(resolve, pollEvery));
    }
  };
  const show = (line: Line) => {
    const tenth = Math.floor((10 * line.done) / Math.max(1, line.total));
    const state = `${line.status} ${tenth} ${line.status === 'running' ? line.activity.replace(/\d+/g, '#') : ''}`;
    if (last.get(line.run) === state) return;
    last.set(line.run, state);
    print(`${clock((Date.now() - startedAt) / 1000)}  ${describe(line)}`);
  };
  void poll();
  return () => (over = true);
}

function readLines(): Line[] {
  const views = globalThis.amuro?.progress() ?? [];
  return views.map(({ record, progress }) => ({
    run: record.id,
    kind: record.spec.kind,
    status: progress?.status ?? record.status,
    done: progress?.done ?? record.done,
    total: progress?.total ?? record.total,
    activity: progress?.activity ?? '',
    tokensPerSecond: progress?.tokensPerSecond ?? null,
    secondsLeft: progress?.secondsLeft ?? null,
  }));
}

function describe({ kind, run, status, done, total, activity, tokensPerSecond, secondsLeft }: Line): string {
  const parts = [`${kind} ${run.slice(0, 6)}`, status, `${done}/${total}`];
  if (status === 'running') {
    parts.push(activity);
    if (tokensPerSecond) parts.push(`${Math.round(tokensPerSecond)} tokens/s`);
    if (secondsLeft !== null) parts.push(`${clock(secondsLeft)} left`);
  }
  return parts.join(' · ');
}

/** Minutes and seconds. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
