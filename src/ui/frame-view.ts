/** The sandboxed frame the notebook lives in: no network, no storage, no way to this page but one checked port. */
import { FrameHost } from '../notebook/frame-host.ts';
import type { Engine } from '../worker/protocol.ts';
import type { NotebookView, NotebookViewListener } from './notebook-view.ts';

const FRAME_PAGE = 'frame.html';

/** The frame's element; give it to the app once, since a frame that moves in the page loads again. */
export function createFrame(): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.title = 'Notebook';
  // Scripts only: the missing allow-same-origin is what keeps a notebook's code away from everything of the app.
  frame.sandbox.add('allow-scripts');
  // "Copy CSV": writing what a person asks for, never reading.
  frame.allow = 'clipboard-write';
  frame.src = new URL(FRAME_PAGE, document.baseURI).href;
  return frame;
}

export function connectFrame(
  frame: HTMLIFrameElement,
  engine: Engine,
  listener: NotebookViewListener,
): NotebookView {
  return new FrameHost(frame, engine, listener);
}
