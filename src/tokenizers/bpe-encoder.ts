/**
 * Encoding words by BPE merges, with a cache from word to ids: text repeats its words, so that almost every word of a
 * corpus costs one map lookup. Order of merging as in Rust's `Word::merge_all`: lowest rank first, then leftmost.
 */
import { BinaryHeap } from './binary-heap.ts';
import { byteCharacters, toByteCharacters } from './byte-alphabet.ts';
import { PairTable } from './pair-table.ts';
import { mergeParts, TokenizerFormatError, type BpeModel } from './tokenizer-json.ts';

/** Words kept, and the longest one kept (UTF-16 units): bounds what a hostile corpus can make the cache hold. */
const CACHED_WORDS = 200_000;
const LONGEST_CACHED_WORD = 64;
/** Up to here looking at every pair for each merge is faster than a queue. */
const SHORT_WORD = 48;
/** Queue entries are rank · 2³² + position. */
const RANK_BASE = 2 ** 32;

/** False for the 13 bytes that no UTF-8 text has; vocabularies such as Pythia's lack them. */
function occursInUtf8(byte: number): boolean {
  return byte < 0xf5 && byte !== 0xc0 && byte !== 0xc1;
}

export class BpeEncoder {
  /** By byte, where every byte that text can have is a token; null where words must go by characters. */
  private readonly byteIds: Int32Array | null;
  private readonly vocabulary: ReadonlyMap<string, number>;
  private readonly pairs: PairTable;
  private readonly idOfRank: Int32Array;
  private readonly unknown: number | null;
  private readonly cache = new Map<string, readonly number[]>();
  private readonly utf8 = new TextEncoder();

  /** @param byteLevel whether words are UTF-8 bytes in the byte alphabet, or characters. */
  constructor(
    private readonly model: BpeModel,
    private readonly byteLevel: boolean,
  ) {
    requireKnown(model);
    const vocabulary = new Map(Object.entries(model.vocab));
    this.vocabulary = vocabulary;
    const complete = byteCharacters.every(
      (character, byte) => !occursInUtf8(byte) || vocabulary.has(character),
    );
    this.byteIds =
      byteLevel && complete
        ? Int32Array.from(byteCharacters, (character) => vocabulary.get(character) ?? -1)
        : null;
    this.unknown = model.unk_token === null ? null : (vocabulary.get(model.unk_token) ?? null);
    this.idOfRank = new Int32Array(model.merges.length);
    this.pairs = new PairTable(model.merges.length);
    model.merges.forEach((merge, rank) => {
      const [left, right] = mergeParts(merge);
      this.pairs.set(vocabulary.get(left)!, vocabulary.get(right)!, rank);
      this.idOfRank[rank] = vocabulary.get(left + right)!;
    });
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
    if (this.model.ignore_merges) {
      const whole = this.vocabulary.get(this.byteLevel ? toByteCharacters(word) : word);
      if (whole !== undefined) return [whole];
    }
    const { byteIds } = this;
    const ids = byteIds
      ? Array.from(this.utf8.encode(word), (byte) => byteIds[byte]!)
      : this.characterIds(this.byteLevel ? toByteCharacters(word) : word);
    return ids.length <= SHORT_WORD ? this.mergeShort(ids) : this.mergeLong(Int32Array.from(ids));
  }

  /** Characters without a token become their bytes, or the unknown token, or nothing: as Rust's `merge_word` has it. */
  private characterIds(word: string): number[] {
    const { byte_fallback: fallback, fuse_unk: fuse } = this.model;
    const ids: number[] = [];
    let unknownBefore = false;
    const flush = (): void => {
      if (unknownBefore) ids.push(this.unknown!);
      unknownBefore = false;
    };
    for (const character of word) {
      const id = this.vocabulary.get(character);
      if (id !== undefined) {
        flush();
        ids.push(id);
        continue;
      }
      const bytes = fallback ? this.fallbackIds(character) : null;
      if (bytes !== null) {
        ids.push(...bytes); // before an unknown token that waits, as in Rust
      } else if (this.unknown !== null) {
        if (!fuse) flush();
        unknownBefore = true;
      }
    }
    flush();
    return ids;
  }

  private fallbackIds(character: string): readonly number[] | null {
    const ids = Array.from(this.utf8.encode(character), (byte) =>
      this.vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    return ids.every((id) => id !== undefined) ? ids : null;
  }

  private mergeShort(ids: number[]): readonly number[] {
    const { pairs, idOfRank } = this;
    const ranks = ids.map((id, at) => (at + 1 < ids.length ? pairs.get(id, ids[at + 1]!) : -1));
    for (;;) {
      let best = -1;
      let lowest = Infinity;
      for (let at = 0; at < ranks.length; at++) {
        const rank = ranks[at]!;
        if (rank >= 0 && rank < lowest) {
          lowest = rank;
          best = at;
        }
      }
      if (best < 0) return ids;
      ids[best] = idOfRank[lowest]!;
      ids.splice(best + 1, 1);
      ranks.splice(best, 1);
      if (best + 1 < ids.length) ranks[best] = pairs.get(ids[best]!, ids[best + 1]!);
      else ranks[best] = -1;
      if (best > 0) ranks[best - 1] = pairs.get(ids[best - 1]!, ids[best]!);
    }
  }

  /** In place: a doubly linked list over positions and a queue of candidate pairs. */
  private mergeLong(ids: Int32Array): readonly number[] {
    const count = ids.length;
    const next = Int32Array.from(ids, (_, i) => i + 1);
    const previous = Int32Array.from(ids, (_, i) => i - 1);
    const queue = new BinaryHeap<number>((a, b) => a < b);
    const rankAt = (at: number): number =>
      next[at]! < count ? this.pairs.get(ids[at]!, ids[next[at]!]!) : -1;
    const propose = (at: number): void => {
      const rank = rankAt(at);
      if (rank >= 0) queue.push(rank * RANK_BASE + at);
    };
    for (let at = 0; at < count; at++) propose(at);
    for (let top = queue.pop(); top !== undefined; top = queue.pop()) {
      const at = top % RANK_BASE;
      // Stale when either side has been merged since: the pair there is then another one.
      if (ids[at]! < 0 || rankAt(at) !== Math.floor(top / RANK_BASE)) continue;
      const right = next[at]!;
      ids[at] = this.idOfRank[Math.floor(top / RANK_BASE)]!;
      ids[right] = -1;
      next[at] = next[right]!;
      if (next[at] < count) previous[next[at]] = at;
      if (previous[at]! >= 0) propose(previous[at]!);
      propose(at);
    }
    return Array.from(ids).filter((id) => id >= 0);
  }
}

function requireKnown({
  dropout,
  continuing_subword_prefix: prefix,
  end_of_word_suffix: suffix,
}: BpeModel): void {
  const odd = { dropout, continuing_subword_prefix: prefix, end_of_word_suffix: suffix };
  for (const [field, value] of Object.entries(odd)) {
    if (value)
      throw new TokenizerFormatError(
        `tokenizer.json: model.${field} is not supported, got ${JSON.stringify(value)}, expected none`,
      );
  }
}
