/** One GPU, one run at a time: whoever asks first goes first. */

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

  join(): Place {
    let grant!: () => void;
    const granted = new Promise<void>((resolve) => (grant = resolve));
    if (this.held) this.line.push(grant);
    else grant();
    this.held = true;
    return {
      granted,
      withdraw: () => {
        const at = this.line.indexOf(grant);
        if (at >= 0) this.line.splice(at, 1);
        else this.release();
      },
    };
  }

  release(): void {
    const next = this.line.shift();
    if (next) next();
    else this.held = false;
  }
}
