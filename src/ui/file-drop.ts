/** Files dragged over the page and dropped onto it, as a controller of the element that shows where they may land. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { readDrop, type DroppedFile } from './dropped-files.ts';

export class FileDrop implements ReactiveController {
  /** Whether files are held over the page now. */
  over = false;
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

  private drag(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
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
