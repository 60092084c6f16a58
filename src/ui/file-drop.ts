/** Files dragged over the page and dropped onto it, as a controller of the element that shows where they may land. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { readDrop, type DroppedFile } from './dropped-files.ts';

/** Files that are held still are heard of several times a second. */
const GONE_MS = 1000;

export class FileDrop implements ReactiveController {
  /** Whether files are held over the page now. */
  over = false;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = {
    dragover: (event: DragEvent): void => this.drag(event),
    dragleave: (event: DragEvent): void => {
      // Leaving the window is the only leave without a place to go to.
      if (event.relatedTarget === null) this.show(false);
    },
    drop: (event: DragEvent): void => this.drop(event),
  };

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly take: (files: Promise<readonly DroppedFile[]>) => void,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    for (const [type, listener] of Object.entries(this.listeners))
      addEventListener(type as keyof typeof this.listeners, listener);
  }

  hostDisconnected(): void {
    for (const [type, listener] of Object.entries(this.listeners))
      removeEventListener(type as keyof typeof this.listeners, listener);
  }

  /** Files are held over a frame of the page: from now on the page is over it. Not for long, should they be gone. */
  expect(): void {
    this.show(true);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.show(false), GONE_MS);
  }

  private drag(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    clearTimeout(this.waiting);
    this.show(true);
  }

  private drop(event: DragEvent): void {
    this.show(false);
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    this.take(readDrop(event.dataTransfer));
  }

  private show(over: boolean): void {
    if (over === this.over) return;
    this.over = over;
    this.host.requestUpdate();
  }
}
