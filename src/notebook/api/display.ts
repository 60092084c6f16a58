/** `display` and `signal`: what a cell's execution gives to its code. */
import type { Builtin, CellContext } from '../builtins.ts';

export const display: Builtin<CellContext['display']> = {
  signature: 'display(value)',
  doc: 'Shows a value below the cell and gives it back. Elements, figures and tables show as themselves, other values as a tree.',
  bind: (cell) => (value) => cell.display(value),
};

export const signal: Builtin<AbortSignal> = {
  signature: 'signal',
  doc: 'An AbortSignal that is aborted when the cell is stopped or runs again: pass it on, or check `signal.aborted` in a long loop.',
  bind: (cell) => cell.signal,
};
