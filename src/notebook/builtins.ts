/** What a name of the API is: its documentation, and the value that a cell's execution gets for it. */
import type { Engine } from '../worker/protocol.ts';
import type { RunGroup } from './run-group.ts';

/** The notebook's settings: which sizes its cells choose, and named values given from outside. */
export interface NotebookSettings {
  readonly profile: 'quick' | 'full';
  readonly values: Readonly<Record<string, string>>;
}

/** What the API may do for one execution of one cell. */
export interface CellContext {
  readonly engine: Engine;
  readonly settings: NotebookSettings;
  /** Aborted when the cell is stopped, or runs again. */
  readonly signal: AbortSignal;
  readonly runs: RunGroup;
  /** Adds to the cell's output and gives the value back. */
  display<T>(value: T): T;
  /** Offers a file to the person. */
  download(file: DownloadFile): void;
}
export interface DownloadFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Builtin<T = unknown> {
  /** How it is called, e.g. `logSpaced(steps)`. */
  readonly signature: string;
  /** What it does, in a sentence or two, for the editor's completion. */
  readonly doc: string;
  /** Whether it changes with the notebook's settings, so that cells which use it run again. */
  readonly fromSettings?: boolean;
  readonly bind: (cell: CellContext) => T;
}

export type Builtins = Readonly<Record<string, Builtin>>;

/** A value that knows how it looks: the cell's output shows the element, code reads `data`. */
export class View<T> {
  constructor(
    readonly data: T,
    readonly element: () => Element,
  ) {}
}
