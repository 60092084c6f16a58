/** The tokenizer's files as transformers reads them beside a model. */
import type { Json } from './manifest.ts';

/** Roles that transformers knows, with the token's text. Leave out what a tokenizer does not have. */
export interface SpecialTokens {
  readonly bos_token?: string;
  readonly eos_token?: string;
  readonly unk_token?: string;
  readonly pad_token?: string;
}

export interface TokenizerExport {
  /** tokenizer.json, parsed or as text. */
  readonly json: Json | string;
  readonly specialTokens: SpecialTokens;
  /** How a conversation becomes text (a Jinja template), where the model came with one. */
  readonly chatTemplate?: string;
  /** Tokens that the model was trained to read at once. */
  readonly contextLength: number;
}

/** File name → text: tokenizer.json, tokenizer_config.json, special_tokens_map.json. */
export function tokenizerFiles({
  json,
  specialTokens,
  chatTemplate,
  contextLength,
}: TokenizerExport): Record<string, string> {
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: contextLength,
    // Its default in older versions of transformers changes decoded text ("do n't" → "don't").
    clean_up_tokenization_spaces: false,
    ...specialTokens,
    ...(chatTemplate !== undefined && { chat_template: chatTemplate }),
  };
  return {
    'tokenizer.json': typeof json === 'string' ? json : jsonText(json),
    'tokenizer_config.json': jsonText(config),
    'special_tokens_map.json': jsonText({ ...specialTokens }),
  };
}

/** JSON as transformers writes it: indented by two, with a final line feed. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
