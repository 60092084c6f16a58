/** What the page asks of the notebook's frame, and what it hears from it. */
import type { CellOutcome } from '../notebook/cell-state.ts';
import type { Profile } from './launch.ts';
import type { KeyPress } from './shortcut.ts';

export interface OpenOptions {
  /** Values for the notebook's named settings; they win over the notebook's own. */
  readonly settings: Readonly<Record<string, string>>;
  readonly profile: Profile | null;
  readonly readOnly: boolean;
}

/** A figure of the notebook as files. */
export interface FigureFiles {
  readonly name: string;
  readonly svg: string;
  /** PNG bytes at twice the figure's size, base64. */
  readonly png: string;
  readonly csv: string;
}

export interface NotebookView {
  /** Show a notebook; nothing in it is run. */
  open(source: string, options: OpenOptions): Promise<void>;
  /** Run every cell, first to last; resolves with how each ended. */
  runAll(): Promise<readonly CellOutcome[]>;
  /** Stop what runs; a training run stops at its next step. */
  stop(): void;
  /** Scroll to a cell and focus it. */
  reveal(cell: number): void;
  setTheme(dark: boolean): void;
  figures(): Promise<readonly FigureFiles[]>;
  /** The notebook with its outputs as one self-contained HTML document. */
  report(): Promise<string>;
}

export interface NotebookViewListener {
  /** The text of the notebook is another one now. */
  onSource(source: string): void;
  /** Whether any cell runs. */
  onRunning(running: boolean): void;
  /** A key the notebook itself has no use for. */
  onKey(press: KeyPress): void;
  /** A file that a cell or a figure gives to the person. */
  onFile(name: string, blob: Blob): void;
  /** Files dropped onto the notebook. */
  onDrop(files: readonly File[]): void;
}
