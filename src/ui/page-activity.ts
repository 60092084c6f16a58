/** While something trains: the tab's title says how far, and the screen's lock does not put the machine to sleep. */
import { percent } from './quantities.ts';
import type { RunBook } from './run-book.ts';
import { runTitle } from './run-view.ts';

const NAME = 'amuro';

/** The tab's title: `43 % · Pre-train … · Notebook`, or the notebook's name alone. */
export function tabTitle(notebook: string, { current, open }: RunBook['activity']): string {
  const name = notebook ? `${notebook} · ${NAME}` : NAME;
  if (!current?.progress) return open > 0 ? `waiting · ${name}` : name;
  const { done, total } = current.progress;
  const more = open > 1 ? ` (+${open - 1})` : '';
  return `${percent(done, total)} % ${runTitle(current.record.spec, current.parent)}${more} · ${name}`;
}

/** Holds a screen wake lock while wanted; the browser drops it when the tab is hidden, and it is asked for again. */
export class WakeLock {
  private wanted = false;
  private sentinel: WakeLockSentinel | null = null;

  constructor() {
    document.addEventListener('visibilitychange', () => void this.settle());
  }

  keep(wanted: boolean): void {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    void this.settle();
  }

  private async settle(): Promise<void> {
    if (!('wakeLock' in navigator)) return;
    try {
      if (!this.wanted) await this.sentinel?.release();
      else if (document.visibilityState === 'visible' && (!this.sentinel || this.sentinel.released))
        this.sentinel = await navigator.wakeLock.request('screen');
    } catch {
      // A saving mode or a policy refused: training goes on, and stops only if the machine sleeps.
    }
  }
}
