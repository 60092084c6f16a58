/** The tokenizer.json file of Hugging Face: what of it amuro writes and reads, and its validation. */
import { z } from 'zod';

/** A tokenizer.json that cannot be used; the message names the field and says what was expected there. */
export class TokenizerFormatError extends Error {
  override readonly name = 'TokenizerFormatError';
}

const tokenId = z.number().int().nonnegative().max(0x7fff_ffff);

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
const mergeSchema = z.union([z.tuple([z.string(), z.string()]), z.string().regex(/^\S+ \S+$/u)]);

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
  if (result.data.model.type === 'BPE') checkMerges(result.data.model);
  return result.data;
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
