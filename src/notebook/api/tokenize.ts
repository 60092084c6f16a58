/** `tokenize`: a text as the tokens that a tokenizer makes of it. */
import { tokenizerSchema } from '../../experiments/spec.ts';
import type { z } from 'zod';
import type { TokenPreview } from '../../worker/protocol.ts';
import { View, type Builtin } from '../builtins.ts';
import { element, visibleSpace } from '../element.ts';
import { parseSpec } from '../parse-spec.ts';

type Tokenize = (tokenizer: z.input<typeof tokenizerSchema>, text: string) => Promise<View<TokenPreview>>;

/** Neighbouring tokens get different shades; the shade itself means nothing. */
const SHADES = 4;

export const tokenize: Builtin<Tokenize> = {
  signature: 'tokenize(tokenizer, text)',
  doc: 'Trains the tokenizer (once) and shows a text as its tokens, with the number of bytes per token.',
  bind: (cell) => async (tokenizer, text) => {
    const complete = parseSpec('tokenize', tokenizerSchema, tokenizer);
    const result = await cell.engine.request('tokenizers.preview', { tokenizer: complete, text });
    return new View(result, () => showTokens(result));
  },
};

function showTokens({ ids, pieces, bytesPerToken }: TokenPreview): HTMLElement {
  const tokens = pieces.map((piece, at) => {
    const token = element('span', `token shade-${at % SHADES}`, visibleSpace(piece));
    token.title = `token ${ids[at]}`;
    return token;
  });
  const caption = `${ids.length} tokens, ${bytesPerToken.toFixed(2)} UTF-8 bytes per token`;
  return element('figure', 'tokens', element('div', '', ...tokens), element('figcaption', '', caption));
}
