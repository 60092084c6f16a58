/** The notebook's frame as the page's controller uses it: what it asks, and what it hears. */
import type { FrameHost } from '../notebook/frame-host.ts';

export type { FrameListener as NotebookViewListener } from '../notebook/frame-host.ts';
export type { FigureFile } from '../notebook/frame-protocol.ts';

export type NotebookView = Pick<
  FrameHost,
  | 'open'
  | 'append'
  | 'runAll'
  | 'startedRuns'
  | 'stop'
  | 'reveal'
  | 'setTheme'
  | 'figures'
  | 'report'
  | 'restart'
>;
