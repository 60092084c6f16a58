/**
 * Learning BPE merges from word counts (Sennrich et al. 2016, arXiv:1508.07909), with the results of Rust's
 * BpeTrainer in Hugging Face tokenizers: most frequent pair first, ties to the pair with the smallest ids.
 *
 * Counts are kept up to date incrementally: a merge touches only the words its queue entry lists. Two habits of the
 * Rust trainer are kept because they show in its output: the count of a merged pair is not cleared, and a token that
 * two different pairs spell is one token, so that a pair may be queued, and learned, a second time.
 */
import { BinaryHeap } from './binary-heap.ts';

/** A word as token ids, and how often the corpus has it. */
export interface CountedWord {
  ids: number[];
  readonly count: number;
}

export interface Merge {
  readonly left: number;
  readonly right: number;
  /** Id of the token that the pair becomes. */
  readonly id: number;
}

/** A pair in the queue, with the words (indices, ascending, no repeats) where it was seen when it was put there. */
interface Candidate {
  readonly pair: number;
  count: number;
  readonly words: number[];
}

/** Pairs are map keys: left · 2²¹ + right, exact in a double and ordered as the pair of ids is. */
const PAIR_BASE = 2 ** 21;

/** The state of one training: `learnNext` learns one merge at a time, so that the caller may breathe in between. */
export class MergeLearner {
  readonly merges: Merge[] = [];
  private readonly idOf: Map<string, number>;
  private readonly counts = new Map<number, number>();
  private fresh = new Map<number, number[]>();
  private readonly queue = new BinaryHeap<Candidate>(
    (a, b) => a.count > b.count || (a.count === b.count && a.pair < b.pair),
  );

  /**
   * @param words every distinct word with its count; their ids are rewritten as merges are learned.
   * @param tokens the vocabulary so far, by id; learned tokens are appended.
   */
  constructor(
    private readonly words: readonly CountedWord[],
    readonly tokens: string[],
  ) {
    this.idOf = new Map(tokens.map((token, id) => [token, id]));
    words.forEach(({ ids, count }, word) => {
      for (let i = 1; i < ids.length; i++) this.recount(ids[i - 1]!, ids[i]!, count, word);
    });
    this.enqueue();
  }

  /** Learn the next merge. Returns false when no pair is left. */
  learnNext(): boolean {
    for (let top = this.queue.pop(); top !== undefined; top = this.queue.pop()) {
      const count = this.counts.get(top.pair)!;
      if (top.count !== count) {
        top.count = count;
        this.queue.push(top);
        continue;
      }
      if (count < 1) return false;
      this.apply(top);
      return true;
    }
    return false;
  }

  /** The merges in order of rank. A pair learned twice has the rank of its last time, as in the Rust model. */
  ranked(): Merge[] {
    const byPair = new Map<number, Merge>();
    for (const merge of this.merges) {
      const pair = merge.left * PAIR_BASE + merge.right;
      byPair.delete(pair);
      byPair.set(pair, merge);
    }
    return [...byPair.values()];
  }

  private apply(top: Candidate): void {
    const left = Math.floor(top.pair / PAIR_BASE);
    const right = top.pair % PAIR_BASE;
    const token = this.tokens[left]! + this.tokens[right]!;
    let id = this.idOf.get(token);
    if (id === undefined) {
      id = this.tokens.push(token) - 1;
      this.idOf.set(token, id);
    }
    this.merges.push({ left, right, id });
    for (const word of top.words) this.mergeInWord(word, left, right, id);
    this.enqueue();
  }

  private mergeInWord(index: number, left: number, right: number, id: number): void {
    const word = this.words[index]!;
    const { ids, count } = word;
    const out: number[] = [];
    let i = 0;
    while (i < ids.length) {
      if (ids[i] !== left || ids[i + 1] !== right) {
        out.push(ids[i++]!);
        continue;
      }
      const before = out.at(-1);
      const after = ids[i + 2];
      if (before !== undefined) {
        this.recount(before, left, -count, index);
        this.recount(before, id, count, index);
      }
      if (after !== undefined) {
        this.recount(right, after, -count, index);
        this.recount(id, after, count, index);
      }
      out.push(id);
      i += 2;
    }
    word.ids = out;
  }

  private recount(left: number, right: number, change: number, word: number): void {
    const pair = left * PAIR_BASE + right;
    this.counts.set(pair, (this.counts.get(pair) ?? 0) + change);
    if (change <= 0) return;
    const seen = this.fresh.get(pair);
    if (seen === undefined) this.fresh.set(pair, [word]);
    // Words are visited in order, so that a repeat can only be the last one.
    else if (seen.at(-1) !== word) seen.push(word);
  }

  private enqueue(): void {
    for (const [pair, words] of this.fresh) {
      const count = this.counts.get(pair)!;
      if (count > 0) this.queue.push({ pair, count, words });
    }
    this.fresh = new Map();
  }
}
