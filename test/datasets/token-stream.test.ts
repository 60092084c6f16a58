/** Token streams, their split, their batches and their statistics. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TrainingBatches, validationBatches } from '../../src/datasets/batches.ts';
import type { Document } from '../../src/datasets/document.ts';
import { documentStatistics, tokenStatistics } from '../../src/datasets/statistics.ts';
import { encodeDocuments, splitDocuments, TokenStream } from '../../src/datasets/token-stream.ts';
import { trainByteLevelBpe } from '../../src/tokenizers/byte-level-bpe-trainer.ts';
import { loadTokenizer } from '../../src/tokenizers/tokenizer.ts';

const documents: Document[] = ['the cat sat', 'on <|endoftext|> the mat', 'é'].map((text, i) => ({
  id: `d${i}`,
  text,
  metadata: {},
}));
const tokenizer = loadTokenizer(
  await trainByteLevelBpe(
    documents.map(({ text }) => text),
    { vocabularySize: 270 },
  ),
);

/** Tokens 0 … length − 1 in shards of 7. */
function counting(length: number): TokenStream {
  const shards = Array.from({ length: Math.ceil(length / 7) }, (_, shard) =>
    Uint16Array.from({ length: Math.min(7, length - shard * 7) }, (_, i) => shard * 7 + i),
  );
  return new TokenStream(shards, 1, length, 7);
}

describe('encodeDocuments', () => {
  it('ends every document, and only there', async () => {
    const stream = await encodeDocuments(documents, tokenizer, { shardTokens: 4 });
    const tokens = [...stream];
    expect(tokens.filter((token) => token === tokenizer.endOfText)).toHaveLength(documents.length);
    expect(tokens.at(-1)).toBe(tokenizer.endOfText);
    expect(tokenizer.decode(tokens)).toBe(documents.map(({ text }) => `${text}<|endoftext|>`).join(''));
    expect(stream).toMatchObject({ documents: 3, bytes: 37, length: tokens.length });
    expect(stream.shards.slice(0, -1).every((shard) => shard.length === 4)).toBe(true);
  });

  it('keeps ids in 16 bits where the vocabulary allows, else in 32', async () => {
    expect((await encodeDocuments(documents, tokenizer)).shards[0]).toBeInstanceOf(Uint16Array);
    expect(
      (await encodeDocuments(documents, { ...tokenizer, vocabularySize: 65_536 })).shards[0],
    ).toBeInstanceOf(Uint16Array);
    const large = { ...tokenizer, vocabularySize: 100_278, encode: () => Int32Array.of(100_277) };
    const stream = await encodeDocuments(documents, large);
    expect(stream.shards[0]).toBeInstanceOf(Uint32Array);
    expect([...stream][0]).toBe(100_277);
  });

  it('needs an end of text', async () => {
    await expect(encodeDocuments(documents, { ...tokenizer, endOfText: null })).rejects.toThrow(
      /no end-of-text token/,
    );
  });
});

describe('splitDocuments', () => {
  it('gives every document to one side, by seed', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const { train, validation } = splitDocuments(items, 0.1, 1);
    expect(validation).toHaveLength(5);
    expect([...train, ...validation].sort((a, b) => a - b)).toEqual(items);
    expect(splitDocuments(items, 0.1, 1)).toEqual({ train, validation });
    expect(splitDocuments(items, 0.1, 2)).not.toEqual({ train, validation });
  });

  it('holds out at least one document, never all, and none when asked for none', () => {
    expect(splitDocuments([1, 2, 3], 0.01, 0).validation).toHaveLength(1);
    expect(splitDocuments([1, 2], 0.99, 0).train).toHaveLength(1);
    expect(splitDocuments([1], 0, 0)).toEqual({ train: [1], validation: [] });
    expect(() => splitDocuments([1], 0.05, 0)).toThrow(/too few documents to hold one out, got 1/);
  });
});

describe('TokenStream', () => {
  it('reads across shards, and not past its end', () => {
    const target = new Int32Array(20);
    counting(20).read(5, 12, target, 3);
    expect([...target]).toEqual([0, 0, 0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0, 0, 0, 0]);
    expect(() => counting(20).read(15, 6, target, 0)).toThrow(
      /past the end, got 15 to 21, expected within 0 to 20/,
    );
  });
});

describe('TrainingBatches', () => {
  it('aligns every target with the token that follows', () => {
    const { inputs, targets } = new TrainingBatches(
      counting(101),
      { batchSize: 4, contextLength: 5 },
      0,
    ).batch(3);
    expect(inputs).toHaveLength(20);
    expect([...targets]).toEqual(Array.from(inputs, (token) => token + 1));
    for (let row = 0; row < 4; row++) expect(inputs[row * 5]! % 5).toBe(0);
  });

  it('goes through every window once an epoch, in another order each time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 6, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (length, contextLength, batchSize) => {
          const batches = new TrainingBatches(counting(length), { batchSize, contextLength }, 5);
          const starts = Array.from({ length: Math.ceil((2 * batches.windows) / batchSize) }, (_, step) =>
            batches.batch(step),
          ).flatMap(({ inputs }) =>
            Array.from({ length: batchSize }, (_, row) => inputs[row * contextLength]!),
          );
          const all = Array.from({ length: batches.windows }, (_, i) => i * contextLength);
          expect(starts.slice(0, batches.windows).sort((a, b) => a - b)).toEqual(all);
          expect(starts.slice(batches.windows, 2 * batches.windows).sort((a, b) => a - b)).toEqual(all);
        },
      ),
      { seed: 1, numRuns: 50 },
    );
    const long = new TrainingBatches(counting(300), { batchSize: 59, contextLength: 5 }, 5);
    expect(long.windows).toBe(59);
    expect(long.batch(0)).not.toEqual(long.batch(1));
  });

  it('computes a batch from seed and step alone', () => {
    const shape = { batchSize: 3, contextLength: 4 };
    const one = new TrainingBatches(counting(200), shape, 9);
    for (let step = 0; step < 40; step++) one.batch(step);
    expect(new TrainingBatches(counting(200), shape, 9).batch(40)).toEqual(one.batch(40));
    expect(new TrainingBatches(counting(200), shape, 10).batch(40)).not.toEqual(one.batch(40));
  });

  it('fills a batch larger than the text', () => {
    const { inputs } = new TrainingBatches(counting(6), { batchSize: 3, contextLength: 5 }, 0).batch(0);
    expect([...inputs]).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4]);
  });

  it('says that a text is too short', () => {
    const make = (): unknown => new TrainingBatches(counting(5), { batchSize: 1, contextLength: 5 }, 0);
    expect(make).toThrow(/too short for one sequence, got 5 tokens, expected at least 6/);
  });
});

describe('validationBatches', () => {
  it('are the same every time and spread over the stream', () => {
    const shape = { batchSize: 2, contextLength: 3 };
    const batches = validationBatches(counting(100), shape, 4);
    expect(batches).toEqual(validationBatches(counting(100), shape, 4));
    expect(batches.flatMap(({ inputs }) => [inputs[0], inputs[3]])).toEqual([0, 12, 24, 36, 48, 60, 72, 84]);
  });

  it('are fewer, and filled, when there is little text', () => {
    const batches = validationBatches(counting(8), { batchSize: 5, contextLength: 3 }, 4);
    expect(batches).toHaveLength(1);
    expect([...batches[0]!.inputs]).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2]);
  });
});

describe('statistics', () => {
  it('measure the entropy of the token frequencies in nats', () => {
    const stream = new TokenStream([Uint16Array.of(1, 1, 2, 3)], 2, 10);
    const { unigramEntropy, ...rest } = tokenStatistics(stream);
    expect(unigramEntropy).toBeCloseTo(1.5 * Math.LN2, 12);
    expect(rest).toEqual({ tokens: 4, documents: 2, bytesPerToken: 2.5, distinctTokens: 3 });
    expect(() => tokenStatistics(new TokenStream([], 0, 0))).toThrow(/the stream is empty/);
  });

  it('name the longest and the shortest document', () => {
    expect(documentStatistics(documents)).toEqual({
      documents: 3,
      bytes: 37,
      shortest: { id: 'd2', bytes: 2 },
      longest: { id: 'd1', bytes: 24 },
      medianBytes: 11,
    });
    expect(() => documentStatistics([])).toThrow(/no documents/);
  });
});
