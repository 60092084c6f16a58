/**
 * One GPU, one run at a time: whoever asks first goes first. A visitor, who wants it for seconds and not for hours, goes
 * before the line, and between two steps of the run that holds the turn.
 */

/** A place in the line. */
export interface Place {
  /** Resolves when it is this place's turn; `Turn.release` must follow. */
  readonly granted: Promise<void>;
  /** Leaves the line; a turn that was granted meanwhile passes to the next. */
  withdraw(): void;
}

export class Turn {
  private held = false;
  private readonly line: (() => void)[] = [];
  private readonly visitors: (() => void)[] = [];

  join(): Place {
    return this.enter(this.line);
  }

  /** A place before the line. Whoever holds the turn lets visitors in when it comes to a boundary. */
  visit(): Place {
    return this.enter(this.visitors);
  }

  get visited(): boolean {
    return this.visitors.length > 0;
  }

  /** Called by the holder at a boundary: the visitors who wait go first, then the holder goes on. */
  async letVisitorsIn(): Promise<void> {
    if (!this.visited) return;
    const back = new Promise<void>((resolve) => this.line.unshift(resolve));
    this.release();
    await back;
  }

  private enter(queue: (() => void)[]): Place {
    let grant!: () => void;
    const granted = new Promise<void>((resolve) => (grant = resolve));
    if (this.held) queue.push(grant);
    else grant();
    this.held = true;
    return {
      granted,
      withdraw: () => {
        const at = queue.indexOf(grant);
        if (at >= 0) queue.splice(at, 1);
        else this.release();
      },
    };
  }

  release(): void {
    const next = this.visitors.shift() ?? this.line.shift();
    if (next) next();
    else this.held = false;
  }
}
