/** What is known of one cell: its code, where it stands, what it has shown and given. */
import { CellSyntaxError } from './cell-syntax-error.ts';
import { errorLine } from './cell-code.ts';
import type { Cell } from './notebook.ts';
import type { RunGroup } from './run-group.ts';
import { transpile, type TranspiledCell } from './transpile.ts';

/** `stale`: it would give something else now, and waits for Run. */
export type CellStatus = 'idle' | 'queued' | 'running' | 'done' | 'stale' | 'error';

export interface CellProblem {
  readonly message: string;
  /** 1-based line in the cell, where known. */
  readonly line: number | null;
  /** The cells to run first, when that is the problem. */
  readonly waitsFor: readonly number[];
}

/** How one execution ended; `blocked`: a cell that it needs has failed or has not been run. */
export interface CellOutcome {
  readonly cell: number;
  readonly status: 'done' | 'error' | 'blocked' | 'stopped';
  readonly seconds: number;
  readonly message: string | null;
}

/** Thrown for a cell that cannot run because of other cells. */
export class BlockedError extends Error {
  override readonly name = 'BlockedError';
  constructor(
    message: string,
    readonly waitsFor: readonly number[] = [],
  ) {
    super(message);
  }
}

/** The reason of an abort that a person asked for. */
export class CellStoppedError extends Error {
  override readonly name = 'CellStoppedError';
}

/** One go at running a cell. */
export interface Execution {
  readonly abort: AbortController;
  readonly runs: RunGroup;
  /** `performance.now()` at its start. */
  readonly startedAt: number;
  readonly outcome: Promise<CellOutcome>;
  /** Its first values are there: cells below need not wait for it. */
  published: boolean;
  /** It has ended; a cheap one lasts as long as its generators do. */
  over: boolean;
  /** The cell was edited, or what it needs changed, since it began. */
  outdated: boolean;
  /** The cell has begun again or is gone: what this one still says is not heard. */
  superseded: boolean;
}

export class CellState {
  status: CellStatus = 'idle';
  problem: CellProblem | null = null;
  /** What `display` was called with, in order. */
  displays: readonly unknown[] = [];
  /** The value of an expression cell; undefined shows nothing. */
  value: unknown = undefined;
  /** What the cell declares, null until it has run. */
  exports: ReadonlyMap<string, unknown> | null = null;
  seconds: number | null = null;
  /** The latest execution, also when it is over. */
  execution: Execution | null = null;
  code: TranspiledCell | null = null;
  syntaxError: CellSyntaxError | null = null;
  source = '';
  kind: Cell['kind'] = 'unsupported';

  constructor(readonly cell: Cell) {
    this.setSource(cell.source, cell.kind);
  }

  /** Takes a new source; says whether the code is another one. Text and unsupported cells have no code. */
  setSource(source: string, kind: Cell['kind']): boolean {
    if (source === this.source && kind === this.kind) return false;
    this.source = source;
    this.kind = kind;
    this.code = null;
    this.syntaxError = null;
    if (kind !== 'js' && kind !== 'ts') return true;
    try {
      this.code = transpile(source, kind);
    } catch (error) {
      if (!(error instanceof CellSyntaxError)) throw error;
      this.syntaxError = error;
    }
    return true;
  }

  get isCode(): boolean {
    return this.kind === 'js' || this.kind === 'ts';
  }

  get expensive(): boolean {
    return this.code?.expensive ?? false;
  }

  /** Whether the cell computes now and has not given its values yet. */
  get computing(): boolean {
    return this.execution !== null && !this.execution.published && !this.execution.over;
  }

  fail(error: unknown): void {
    this.status = 'error';
    this.problem = describeProblem(error, this.cell.id);
  }
}

function describeProblem(error: unknown, id: number): CellProblem {
  if (error instanceof CellSyntaxError) return { message: error.message, line: error.line, waitsFor: [] };
  if (error instanceof BlockedError) return { message: error.message, line: null, waitsFor: error.waitsFor };
  const message = error instanceof Error ? error.message || error.name : String(error);
  return { message, line: errorLine(error, id), waitsFor: [] };
}
