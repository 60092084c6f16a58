/**
 * Encoding words by BPE merges, with a cache from word to ids: text repeats its words, so that almost every word of a
 * corpus costs one map lookup. Order of merging as in Rust's `Word::merge_all`: lowest rank first, then leftmost.
 */
import { BinaryHeap } from './binary-heap.ts';
import { byteCharacters } from './byte-alphabet.ts';
import { mergeParts, type BpeModel } from './tokenizer-json.ts';

/** Words kept, and the longest one kept (UTF-16 units): bounds what a hostile corpus can make the cache hold. */
const CACHED_WORDS = 200_000;
const LONGEST_CACHED_WORD = 64;
/** Pairs are map keys: left · 2²¹ + right. Queue entries are rank · 2³² + position. */
const PAIR_BASE = 2 ** 21;
const RANK_BASE = 2 ** 32;

/** False for the 13 bytes that no UTF-8 text has; vocabularies such as Pythia's lack them. */
function occursInUtf8(byte: number): boolean {
  return byte < 0xf5 && byte !== 0xc0 && byte !== 0xc1;
}

export class BpeEncoder {
  private readonly byteIds: Int32Array;
  private readonly rankOf = new Map<number, number>();
  private readonly idOfRank: Int32Array;
  private readonly wholeWords: Readonly<Record<string, number>> | null;
  private readonly cache = new Map<string, readonly number[]>();
  private readonly utf8 = new TextEncoder();

  /** `model` must be one that `canEncode` accepts. */
  constructor(model: BpeModel) {
    this.byteIds = Int32Array.from(byteCharacters, (character) => model.vocab[character] ?? -1);
    this.idOfRank = new Int32Array(model.merges.length);
    this.wholeWords = model.ignore_merges ? model.vocab : null;
    model.merges.forEach((merge, rank) => {
      const [left, right] = mergeParts(merge);
      this.rankOf.set(model.vocab[left]! * PAIR_BASE + model.vocab[right]!, rank);
      this.idOfRank[rank] = model.vocab[left + right]!;
    });
  }

  /** Whether this encoder gives the model's ids exactly: plain byte-level merges and nothing else. */
  static canEncode(model: BpeModel): boolean {
    const plain =
      !model.dropout && !model.byte_fallback && !model.continuing_subword_prefix && !model.end_of_word_suffix;
    return (
      plain &&
      byteCharacters.every((character, byte) => !occursInUtf8(byte) || Object.hasOwn(model.vocab, character))
    );
  }

  /** Append the ids of one pre-tokenized word to `out`. */
  encodeWord(word: string, out: number[]): void {
    let ids = this.cache.get(word);
    if (ids === undefined) {
      ids = this.encodeUncached(word);
      if (word.length <= LONGEST_CACHED_WORD) {
        if (this.cache.size >= CACHED_WORDS) this.cache.clear();
        this.cache.set(word, ids);
      }
    }
    for (const id of ids) out.push(id);
  }

  private encodeUncached(word: string): readonly number[] {
    const bytes = this.utf8.encode(word);
    if (this.wholeWords !== null) {
      const token = Array.from(bytes, (byte) => byteCharacters[byte]!).join('');
      if (Object.hasOwn(this.wholeWords, token)) return [this.wholeWords[token]!];
    }
    return this.merge(Int32Array.from(bytes, (byte) => this.byteIds[byte]!));
  }

  /** Merge a word's ids in place: a doubly linked list over positions and a queue of candidate pairs. */
  private merge(ids: Int32Array): readonly number[] {
    const count = ids.length;
    const next = Int32Array.from(ids, (_, i) => i + 1);
    const previous = Int32Array.from(ids, (_, i) => i - 1);
    const queue = new BinaryHeap<number>((a, b) => a < b);
    const rankAt = (at: number): number | undefined =>
      next[at]! < count ? this.rankOf.get(ids[at]! * PAIR_BASE + ids[next[at]!]!) : undefined;
    const propose = (at: number): void => {
      const rank = rankAt(at);
      if (rank !== undefined) queue.push(rank * RANK_BASE + at);
    };
    for (let at = 0; at < count; at++) propose(at);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const at = top % RANK_BASE;
      const id = this.idOfRank[Math.floor(top / RANK_BASE)]!;
      // Stale when either side has been merged since; what counts, as in Rust, is the token that would come out.
      const rank = ids[at]! < 0 ? undefined : rankAt(at);
      if (rank === undefined || this.idOfRank[rank] !== id) continue;
      const right = next[at]!;
      ids[at] = id;
      ids[right] = -1;
      next[at] = next[right]!;
      if (next[at] < count) previous[next[at]] = at;
      if (previous[at]! >= 0) propose(previous[at]!);
      propose(at);
    }
    return Array.from(ids).filter((id) => id >= 0);
  }
}
