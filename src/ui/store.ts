/** One observable value: the page's state is a handful of these, and elements redraw when theirs changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** What an element may see of a value it does not own. */
export interface ReadableStore<T> {
  readonly value: T;
  /** Calls back after every change until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

export class Store<T> implements ReadableStore<T> {
  private readonly listeners = new Set<() => void>();
  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  /** Replace the value; listeners hear of it only if it is another value. */
  set(value: T): void {
    if (Object.is(value, this.current)) return;
    this.current = value;
    for (const listener of [...this.listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Redraws its element whenever one of the stores changes, while the element is on the page. */
export class StoresController implements ReactiveController {
  private leave: (() => void)[] = [];
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly stores: () => readonly ReadableStore<unknown>[],
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.leave = this.stores().map((store) => store.subscribe(() => this.host.requestUpdate()));
  }

  hostDisconnected(): void {
    for (const leave of this.leave.splice(0)) leave();
  }
}
