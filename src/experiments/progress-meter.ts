/** How fast a run goes and how long it has left, from the work of the last half minute. */

const windowSeconds = 30;

export class ProgressMeter {
  private samples: { readonly at: number; readonly done: number; readonly tokens: number }[] = [];

  constructor(private readonly now: () => number = () => performance.now() / 1000) {}

  /** Notes work done so far; resets when work goes backwards (a resumed run). */
  add(done: number, tokens: number): void {
    const at = this.now();
    if (this.samples.length > 0 && done < this.samples.at(-1)!.done) this.samples = [];
    this.samples.push({ at, done, tokens });
    while (this.samples.length > 2 && this.samples[0]!.at < at - windowSeconds) this.samples.shift();
  }

  /** Rest, compilation and saving must not count as slow training. */
  restart(): void {
    this.samples = [];
  }

  tokensPerSecond(): number | null {
    return this.rate('tokens');
  }

  secondsLeft(total: number): number | null {
    const rate = this.rate('done');
    const done = this.samples.at(-1)?.done;
    return rate === null || done === undefined ? null : (total - done) / rate;
  }

  private rate(of: 'done' | 'tokens'): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!first || !last || last.at - first.at < 1e-3 || last[of] === first[of]) return null;
    return (last[of] - first[of]) / (last.at - first.at);
  }
}
