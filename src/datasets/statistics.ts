/** What is worth knowing of a token stream and its documents before any training. */
import type { Document } from './document.ts';
import type { TokenStream } from './token-stream.ts';

export interface TokenStatistics {
  readonly tokens: number;
  readonly documents: number;
  /** UTF-8 bytes of text per token. */
  readonly bytesPerToken: number;
  /** Distinct tokens that occur. */
  readonly distinctTokens: number;
  /**
   * Entropy of the token frequencies, −Σ p ln p, in nats per token: the loss of the best model that knows how often
   * each token occurs and nothing of what stands before it.
   */
  readonly unigramEntropy: number;
}

/** Statistics of a stream. @throws RangeError when it is empty. */
export function tokenStatistics(stream: TokenStream): TokenStatistics {
  if (stream.length === 0)
    throw new RangeError('tokenStatistics: the stream is empty, got 0 tokens, expected at least 1');
  const counts = new Map<number, number>();
  for (const shard of stream.shards)
    for (const token of shard) counts.set(token, (counts.get(token) ?? 0) + 1);
  let unigramEntropy = 0;
  for (const count of counts.values())
    unigramEntropy -= (count / stream.length) * Math.log(count / stream.length);
  return {
    tokens: stream.length,
    documents: stream.documents,
    bytesPerToken: stream.bytes / stream.length,
    distinctTokens: counts.size,
    unigramEntropy,
  };
}

export interface DocumentStatistics {
  readonly documents: number;
  readonly bytes: number;
  /** Sizes in UTF-8 bytes. */
  readonly shortest: { readonly id: string; readonly bytes: number };
  readonly longest: { readonly id: string; readonly bytes: number };
  readonly medianBytes: number;
}

/** Sizes of documents. @throws RangeError when there are none. */
export function documentStatistics(documents: readonly Document[]): DocumentStatistics {
  if (documents.length === 0)
    throw new RangeError('documentStatistics: no documents, got 0, expected at least 1');
  const utf8 = new TextEncoder();
  const sizes = documents
    .map(({ id, text }) => ({ id, bytes: utf8.encode(text).length }))
    .sort((a, b) => a.bytes - b.bytes);
  return {
    documents: sizes.length,
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    shortest: sizes[0]!,
    longest: sizes.at(-1)!,
    medianBytes: sizes[sizes.length >> 1]!.bytes,
  };
}
