/** The keys of command mode, when a cell is selected and no editor has the keyboard: Jupyter's habits. */

export type NotebookCommand =
  | 'edit'
  | 'run-next'
  | 'run-stay'
  | 'run-insert'
  | 'insert-above'
  | 'insert-below'
  | 'delete'
  | 'undo-delete'
  | 'to-text'
  | 'to-code'
  | 'select-above'
  | 'select-below'
  | 'select-first'
  | 'select-last'
  | 'up'
  | 'down';

export interface CommandKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

const plain: Readonly<Record<string, NotebookCommand>> = {
  Enter: 'edit',
  a: 'insert-above',
  b: 'insert-below',
  z: 'undo-delete',
  m: 'to-text',
  y: 'to-code',
  k: 'select-above',
  j: 'select-below',
  ArrowUp: 'select-above',
  ArrowDown: 'select-below',
  Home: 'select-first',
  End: 'select-last',
};
const withShift: Readonly<Record<string, NotebookCommand>> = {
  Enter: 'run-next',
  ArrowUp: 'up',
  ArrowDown: 'down',
  K: 'up',
  J: 'down',
};

/** Two presses of D within this time delete. */
const TWICE_MS = 600;

export class CommandMode {
  #deleteAt = -Infinity;

  /** The command that a key means, or null; `now` in milliseconds. */
  command({ key, ctrlKey, metaKey, altKey, shiftKey }: CommandKey, now: number): NotebookCommand | null {
    const first = this.#deleteAt;
    this.#deleteAt = -Infinity;
    if (ctrlKey || metaKey) return key === 'Enter' && !altKey && !shiftKey ? 'run-stay' : null;
    if (altKey) return key === 'Enter' && !shiftKey ? 'run-insert' : null;
    if (shiftKey) return withShift[key] ?? null;
    if (key !== 'd') return plain[key] ?? null;
    if (now - first <= TWICE_MS) return 'delete';
    this.#deleteAt = now;
    return null;
  }
}
