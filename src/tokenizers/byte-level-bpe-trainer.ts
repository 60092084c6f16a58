/**
 * Training a byte-level BPE tokenizer in the tab: documents → word counts → merges → a standard tokenizer.json.
 * Ids are ordered as Rust's BpeTrainer orders them: special tokens, the 256 bytes, then merges as they were learned.
 */
import { sortedAlphabet, toByteCharacters } from './byte-alphabet.ts';
import { MergeLearner, type CountedWord } from './bpe-merges.ts';
import { splitGpt2 } from './pre-tokenize.ts';
import type { TokenizerJson } from './tokenizer-json.ts';
import { wellFormed } from './well-formed.ts';

export interface BpeTrainingProgress {
  readonly stage: 'counting words' | 'learning merges';
  /** Documents read, or tokens in the vocabulary. */
  readonly done: number;
  /** Null while it is not known how many documents there are. */
  readonly total: number | null;
}

export interface BpeTrainingOptions {
  /** Tokens wanted, special tokens and the 256 bytes included; a small corpus may give fewer. */
  readonly vocabularySize: number;
  readonly specialTokens?: readonly string[];
  readonly onProgress?: (progress: BpeTrainingProgress) => void;
  /** Aborting rejects with the signal's reason at the next breath. */
  readonly signal?: AbortSignal;
}

export const END_OF_TEXT = '<|endoftext|>';
/** Milliseconds of work between two breaths: the event loop stays responsive. */
const BREATH = 30;

/**
 * Train a byte-level BPE tokenizer (GPT-2's word pattern, no prefix space, no normalizer). Deterministic: the same
 * documents give the same file, whatever their order.
 * @throws RangeError when the vocabulary cannot hold the special tokens and 256 bytes, or there is no text.
 */
export async function trainByteLevelBpe(
  documents: Iterable<string> | AsyncIterable<string>,
  options: BpeTrainingOptions,
): Promise<TokenizerJson> {
  const specialTokens = options.specialTokens ?? [END_OF_TEXT];
  const smallest = specialTokens.length + sortedAlphabet.length;
  if (!Number.isInteger(options.vocabularySize) || options.vocabularySize < smallest) {
    throw new RangeError(
      `trainByteLevelBpe: vocabularySize is too small, got ${options.vocabularySize}, expected an integer of at least ${smallest} (special tokens and 256 bytes)`,
    );
  }
  const breathe = breather(options.signal);
  const tokens = [...new Set([...specialTokens, ...sortedAlphabet])];
  const words = toCountedWords(await countWords(documents, options, breathe), tokens);
  const learner = new MergeLearner(words, tokens);
  while (tokens.length < options.vocabularySize && learner.learnNext()) {
    if (!breathe.isDue()) continue;
    options.onProgress?.({ stage: 'learning merges', done: tokens.length, total: options.vocabularySize });
    await breathe.now();
  }
  options.onProgress?.({ stage: 'learning merges', done: tokens.length, total: tokens.length });
  return toTokenizerJson(specialTokens, learner);
}

async function countWords(
  documents: Iterable<string> | AsyncIterable<string>,
  options: BpeTrainingOptions,
  breathe: Breather,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let done = 0;
  for await (const document of documents) {
    for (const word of splitGpt2(wellFormed(document))) counts.set(word, (counts.get(word) ?? 0) + 1);
    done++;
    if (!breathe.isDue()) continue;
    options.onProgress?.({ stage: 'counting words', done, total: null });
    await breathe.now();
  }
  if (counts.size === 0) {
    throw new RangeError(
      `trainByteLevelBpe: no text to learn from, got ${done} documents without any character, expected at least one word`,
    );
  }
  return counts;
}

function toCountedWords(counts: ReadonlyMap<string, number>, tokens: readonly string[]): CountedWord[] {
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  return Array.from(counts, ([word, count]) => ({
    ids: Array.from(toByteCharacters(word), (character) => idOf.get(character)!),
    count,
  }));
}

function toTokenizerJson(specialTokens: readonly string[], learner: MergeLearner): TokenizerJson {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({ id, content, ...flags })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    // The decoder reads none of its flags; these are the ones Rust saves.
    decoder: { ...byteLevel, add_prefix_space: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(learner.tokens.map((token, id) => [token, id])),
      merges: learner
        .ranked()
        .map(({ left, right }): [string, string] => [learner.tokens[left]!, learner.tokens[right]!]),
    },
  };
}

interface Breather {
  isDue(): boolean;
  now(): Promise<void>;
}

function breather(signal: AbortSignal | undefined): Breather {
  signal?.throwIfAborted();
  let last = performance.now();
  return {
    isDue: () => performance.now() - last >= BREATH,
    async now() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      signal?.throwIfAborted();
      last = performance.now();
    },
  };
}
