/** Short messages at the edge of the page: what was done and how to undo it, or what went wrong. */
import { Store } from './store.ts';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'note' | 'problem';
  /** One thing to do about it. */
  readonly action?: { readonly name: string; run(): void };
}

/** Notes go by themselves after this long; problems stay until they are closed. */
const NOTE_MS = 12_000;

export class Notices {
  readonly list = new Store<readonly Notice[]>([]);
  private nextId = 1;

  note(text: string, action?: Notice['action']): void {
    const id = this.add({ text, tone: 'note', ...(action && { action }) });
    setTimeout(() => this.close(id), NOTE_MS);
  }

  /** Show a failure once, however often it repeats. */
  problem(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    if (!this.list.value.some((notice) => notice.text === text)) this.add({ text, tone: 'problem' });
  }

  close(id: number): void {
    this.list.set(this.list.value.filter((notice) => notice.id !== id));
  }

  private add(notice: Omit<Notice, 'id'>): number {
    const id = this.nextId++;
    this.list.set([...this.list.value, { ...notice, id }]);
    return id;
  }
}
