/**
 * The text of tokens as they come. A character is shown when its last byte is there, and nothing is shown that may yet
 * turn out to be the beginning of a stop string; text ends before the first stop string.
 */

/** Tokens of the context that a continuation is decoded after: a first word keeps its space, and its length is bounded. */
const CONTEXT = 16;

export class TextStream {
  /** Whether a stop string has come: tokens after it are not wanted. */
  ended = false;
  private readonly ids: number[] = [];
  /** Length of the text whose characters are whole, after each token. */
  private readonly lengths: number[] = [];
  private whole = '';
  private visible = 0;
  private readonly before: readonly number[];
  private readonly skipped: number;
  private readonly longestStop: number;

  /** @param context the tokens of the prompt. @param stops texts that end the continuation; none of them empty. */
  constructor(
    private readonly decode: (ids: readonly number[]) => string,
    context: readonly number[],
    private readonly stops: readonly string[],
  ) {
    this.before = context.slice(-CONTEXT);
    this.skipped = decode(this.before).length;
    this.longestStop = Math.max(0, ...stops.map((stop) => stop.length));
  }

  push(id: number): void {
    this.ids.push(id);
    const text = this.decode([...this.before, ...this.ids]).slice(this.skipped);
    // Bytes of an unfinished character are decoded to U+FFFD, always at the end.
    this.whole = text.replace(/\ufffd+$/u, '');
    const before = this.lengths.at(-1) ?? 0;
    this.lengths.push(Math.max(before, this.whole.length));
    const found = this.stops
      .map((stop) => this.whole.indexOf(stop, Math.max(0, before - this.longestStop + 1)))
      .filter((at) => at >= 0);
    this.ended = found.length > 0;
    this.visible = this.ended ? Math.min(...found) : this.whole.length - this.unsure();
  }

  /** No more tokens come: what was held back as the possible beginning of a stop string is text after all. */
  finish(): void {
    if (!this.ended) this.visible = this.whole.length;
    this.ended = true;
  }

  /** What may be shown so far. */
  get text(): string {
    return this.whole.slice(0, this.visible);
  }

  /**
   * Each token's share of `text`, as far as it is settled; the shares join to it. A token that only begins a character
   * has none; a token that lies wholly in a stop string is left out.
   */
  shares(): string[] {
    const { text } = this;
    const shares: string[] = [];
    for (const [index, length] of this.lengths.entries()) {
      const start = this.lengths[index - 1] ?? 0;
      if (this.visible < length && !this.ended) break;
      if (start >= this.visible && length > this.visible) break;
      shares.push(text.slice(start, length));
    }
    return shares;
  }

  /** Length of the longest end of the text with which a stop string begins. */
  private unsure(): number {
    for (let length = Math.min(this.longestStop - 1, this.whole.length); length > 0; length--) {
      const end = this.whole.slice(-length);
      if (this.stops.some((stop) => stop.length > length && stop.startsWith(end))) return length;
    }
    return 0;
  }
}
