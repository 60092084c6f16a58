/** Documents → one stream of token ids, kept in shards, with the end-of-text token after every document. */
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import type { Document } from './document.ts';
import { RandomStream } from '../random/random-stream.ts';

export type TokenShard = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Tokens per shard: 2 MiB of 16-bit ids. */
export const SHARD_TOKENS = 1 << 20;
/** Milliseconds of work between two breaths. */
const BREATH = 30;

/** A stream of `length` tokens in shards of equal size (the last may be shorter). */
export class TokenStream {
  readonly length: number;

  constructor(
    readonly shards: readonly TokenShard[],
    /** Documents in it, and the UTF-8 bytes of their texts. */
    readonly documents: number,
    readonly bytes: number,
    private readonly shardTokens: number = SHARD_TOKENS,
  ) {
    this.length = shards.reduce((sum, shard) => sum + shard.length, 0);
  }

  /** Copy tokens `start …` into `target[at … at + count)`. @throws RangeError past the end. */
  read(start: number, count: number, target: Int32Array, at: number): void {
    if (start < 0 || start + count > this.length) {
      throw new RangeError(
        `TokenStream.read: past the end, got ${start} to ${start + count}, expected within 0 to ${this.length}`,
      );
    }
    for (let done = 0; done < count;) {
      const shard = this.shards[Math.floor((start + done) / this.shardTokens)]!;
      const from = (start + done) % this.shardTokens;
      const part = shard.subarray(from, Math.min(shard.length, from + count - done));
      target.set(part, at + done);
      done += part.length;
    }
  }

  /** Every token, in order. */
  *[Symbol.iterator](): Generator<number> {
    for (const shard of this.shards) yield* shard;
  }
}

export interface EncodingOptions {
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Aborting rejects with the signal's reason at the next breath. */
  readonly signal?: AbortSignal;
  readonly shardTokens?: number;
}

/**
 * Encode documents into a stream. Names of special tokens in the text are plain text here: a document cannot end
 * itself. Ids are kept in 16 bits where the vocabulary allows, else in 32.
 * @throws RangeError when the tokenizer has no end-of-text token.
 */
export async function encodeDocuments(
  documents: readonly Document[],
  tokenizer: Tokenizer,
  options: EncodingOptions = {},
): Promise<TokenStream> {
  if (tokenizer.endOfText === null) {
    throw new RangeError(
      'encodeDocuments: the tokenizer has no end-of-text token, got null, expected an id; name it in its configuration (eos_token)',
    );
  }
  const writer = new ShardWriter(tokenizer.vocabularySize, options.shardTokens ?? SHARD_TOKENS);
  const utf8 = new TextEncoder();
  let bytes = 0;
  let last = performance.now();
  for (const [index, { text }] of documents.entries()) {
    writer.write(tokenizer.encode(text, { specialTokens: 'text' }));
    writer.write([tokenizer.endOfText]);
    bytes += utf8.encode(text).length;
    if (performance.now() - last < BREATH) continue;
    options.onProgress?.({ done: index + 1, total: documents.length });
    await new Promise((resolve) => setTimeout(resolve, 0));
    options.signal?.throwIfAborted();
    last = performance.now();
  }
  options.onProgress?.({ done: documents.length, total: documents.length });
  return new TokenStream(writer.finish(), documents.length, bytes, options.shardTokens);
}

/**
 * Split documents into training and validation: whole documents, chosen by the seed. A fraction above 0 holds out at
 * least one document, and never all of them.
 */
export function splitDocuments<T>(
  documents: readonly T[],
  fraction: number,
  seed: number,
): { train: T[]; validation: T[] } {
  if (!(fraction >= 0 && fraction < 1))
    throw new RangeError(
      `splitDocuments: fraction is not usable, got ${fraction}, expected 0 to less than 1`,
    );
  if (fraction > 0 && documents.length < 2) {
    throw new RangeError(
      `splitDocuments: too few documents to hold one out, got ${documents.length}, expected at least 2; or set the validation fraction to 0`,
    );
  }
  const wanted = Math.max(1, Math.round(documents.length * fraction));
  const heldOut = fraction === 0 ? 0 : Math.min(wanted, documents.length - 1);
  const order = new RandomStream(seed, 'validation split').permutation(documents.length);
  const chosen = new Set(order.subarray(0, heldOut));
  return {
    train: documents.filter((_, index) => !chosen.has(index)),
    validation: documents.filter((_, index) => chosen.has(index)),
  };
}

class ShardWriter {
  private readonly shards: TokenShard[] = [];
  private readonly current: TokenShard;
  private used = 0;

  constructor(
    vocabularySize: number,
    private readonly shardTokens: number,
  ) {
    this.current = vocabularySize <= 65_536 ? new Uint16Array(shardTokens) : new Uint32Array(shardTokens);
  }

  write(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) {
      this.current[this.used++] = ids[i]!;
      if (this.used === this.shardTokens) this.flush();
    }
  }

  finish(): TokenShard[] {
    if (this.used > 0) this.flush();
    return this.shards;
  }

  private flush(): void {
    this.shards.push(this.current.slice(0, this.used));
    this.used = 0;
  }
}
