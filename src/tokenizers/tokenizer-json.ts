/** The tokenizer.json file of Hugging Face: what of it amuro writes and reads, and its validation. */
import { z } from 'zod';

/** A tokenizer.json that cannot be used; the message names the field and says what was expected there. */
export class TokenizerFormatError extends Error {
  override readonly name = 'TokenizerFormatError';
}

/** The largest published vocabularies have a quarter of a million tokens; tables are as long as the largest id. */
const LARGEST_ID = 2 ** 21 - 1;
const tokenId = z.number().int().nonnegative().max(LARGEST_ID);

const addedTokenSchema = z.looseObject({
  id: tokenId,
  content: z.string().min(1),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(false),
  special: z.boolean().default(false),
});

/** Merges are pairs; older files write them as one string with one space between. */
const mergeSchema = z.union([z.tuple([z.string(), z.string()]), z.string().regex(/^[^ ]+ [^ ]+$/u)]);

const component = z.looseObject({ type: z.string() }).nullable().default(null);

const bpeSchema = z.looseObject({
  type: z.literal('BPE'),
  dropout: z.number().nullable().default(null),
  unk_token: z.string().nullable().default(null),
  continuing_subword_prefix: z.string().nullable().default(null),
  end_of_word_suffix: z.string().nullable().default(null),
  fuse_unk: z.boolean().default(false),
  byte_fallback: z.boolean().default(false),
  ignore_merges: z.boolean().default(false),
  vocab: z.record(z.string(), tokenId),
  merges: z.array(mergeSchema),
});
const otherModelSchema = z.looseObject({ type: z.enum(['WordPiece', 'WordLevel', 'Unigram']) });

export const tokenizerJsonSchema = z.looseObject({
  version: z.string().default('1.0'),
  truncation: z.unknown().default(null),
  padding: z.unknown().default(null),
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: component,
  pre_tokenizer: component,
  post_processor: component,
  decoder: component,
  model: z.discriminatedUnion('type', [bpeSchema, otherModelSchema]),
});

export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;
export type BpeModel = z.infer<typeof bpeSchema>;
/** A normalizer, pre-tokenizer or decoder: its type, and options that its reader checks. */
export type Component = TokenizerJson['normalizer'];
export type AddedToken = z.infer<typeof addedTokenSchema>;

/**
 * Check a parsed tokenizer.json, or its text, and fill in what older files leave out.
 * @throws TokenizerFormatError naming the first field that is wrong.
 */
export function parseTokenizerJson(source: unknown): TokenizerJson {
  const value = typeof source === 'string' ? parseText(source) : source;
  const result = tokenizerJsonSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    const field = issue.path.map(String).join('.') || 'the file';
    throw new TokenizerFormatError(
      `tokenizer.json: ${field} is wrong: ${issue.message}; expected a tokenizer.json as Hugging Face tokenizers saves it`,
    );
  }
  const { model, added_tokens: added } = result.data;
  if (model.type !== 'BPE') return result.data;
  checkMerges(model);
  return { ...result.data, added_tokens: withRustIds(added, model) };
}

/**
 * Added tokens with the ids that the Rust library gives them, whatever the file says: a token of the vocabulary keeps
 * its id, others follow the vocabulary in order.
 */
function withRustIds(added: readonly AddedToken[], { vocab }: BpeModel): AddedToken[] {
  const known = new Map(Object.entries(vocab));
  const size = known.size;
  let next = size;
  return added.map((token) => {
    const id = known.get(token.content) ?? next;
    known.set(token.content, id);
    next = Math.max(next, id + 1);
    return { ...token, id };
  });
}

/** What to throw for a component that is not known here; the message names it and says what is. */
export function unsupported(field: string, config: Component): TokenizerFormatError {
  const known = {
    normalizer: 'NFC, NFD, NFKC, NFKD, Prepend, Replace, Lowercase, Sequence',
    pre_tokenizer: 'ByteLevel (last), Split (Isolated, Removed, MergedWithNext), Digits, Metaspace, Sequence',
    decoder: 'ByteLevel, Metaspace, Replace, ByteFallback, Fuse, Strip, Sequence',
  }[field];
  const got = JSON.stringify(config);
  return new TokenizerFormatError(
    `tokenizer.json: ${field} is not supported, got ${got.length > 200 ? `${got.slice(0, 200)}…` : got}, expected ${known}`,
  );
}

/** The two parts of a merge, whichever of the two forms the file has. */
export function mergeParts(merge: string | readonly [string, string]): readonly [string, string] {
  if (typeof merge !== 'string') return merge;
  const space = merge.indexOf(' ');
  return [merge.slice(0, space), merge.slice(space + 1)];
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TokenizerFormatError(
      `tokenizer.json: not JSON (${(error as Error).message}); expected the file as downloaded`,
      { cause: error },
    );
  }
}

function checkMerges(model: BpeModel): void {
  model.merges.forEach((merge, index) => {
    const [left, right] = mergeParts(merge);
    const prefix = model.continuing_subword_prefix ?? '';
    const merged = left + (prefix && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    for (const token of [left, right, merged]) {
      if (!Object.hasOwn(model.vocab, token)) {
        throw new TokenizerFormatError(
          `tokenizer.json: model.merges.${index} needs the token ${JSON.stringify(token)}, expected it in model.vocab`,
        );
      }
    }
  });
}
