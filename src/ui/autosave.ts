/** Keeps the newest text of the open notebook: a moment after typing stops, and at once when the page is hidden. */
import { Store } from './store.ts';

export interface Draft {
  readonly id: string;
  readonly title: string;
  readonly source: string;
}

export type SaveState =
  | { readonly state: 'saved' | 'unsaved' | 'saving' }
  /** Not kept; the text is still on screen and is tried again with the next change. */
  | { readonly state: 'failed'; readonly message: string };

export class Autosave {
  readonly state = new Store<SaveState>({ state: 'saved' });
  private draft: Draft | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Saves happen one after another, so that an older text never lands on a newer one. */
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly save: (draft: Draft) => Promise<unknown>,
    private readonly delay = 600,
  ) {}

  /** Note a newer text; it replaces one that still waits for the same notebook. */
  change(draft: Draft): void {
    if (this.draft && this.draft.id !== draft.id) void this.flush();
    this.draft = draft;
    this.state.set({ state: 'unsaved' });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), this.delay);
  }

  /** Save now what waits; resolves when it is kept or has failed. Never rejects: the failure is in `state`. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    const draft = this.draft;
    this.draft = null;
    if (draft) this.queue = this.queue.then(() => this.write(draft));
    return this.queue;
  }

  /** Forget what waits for a notebook that is being removed. */
  forget(id: string): void {
    if (this.draft?.id !== id) return;
    clearTimeout(this.timer);
    this.draft = null;
    this.state.set({ state: 'saved' });
  }

  private async write(draft: Draft): Promise<void> {
    this.state.set({ state: 'saving' });
    try {
      await this.save(draft);
      this.state.set({ state: this.draft ? 'unsaved' : 'saved' });
    } catch (error) {
      this.draft ??= draft;
      this.state.set({ state: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  }
}
