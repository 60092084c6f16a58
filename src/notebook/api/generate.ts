/** `generate`: what a checkpoint writes after a prompt. */
import { checkpointReferenceSchema, type CheckpointReference } from '../../experiments/spec.ts';
import type { Results } from '../../worker/protocol.ts';
import { View, type Builtin } from '../builtins.ts';
import { element, visibleSpace } from '../element.ts';
import { parseSpec } from '../parse-spec.ts';

type Generated = Results['models.generate'];
type Generate = (
  checkpoint: CheckpointReference,
  prompt: string,
  options?: { readonly newTokens?: number; readonly temperature?: number; readonly seed?: number },
) => Promise<View<Generated>>;

export const generate: Builtin<Generate> = {
  signature: 'generate(checkpoint, prompt, {newTokens: 64, temperature: 0, seed: 0})',
  doc: 'What a checkpoint writes after a prompt; temperature 0 always takes the likeliest token. Point at a token for its probability.',
  bind:
    (cell) =>
    async (checkpoint, prompt, { newTokens = 64, temperature = 0, seed = 0 } = {}) => {
      const reference = parseSpec('generate', checkpointReferenceSchema, checkpoint);
      const options = { checkpoint: reference, prompt, newTokens, temperature, seed };
      const result = await cell.engine.request('models.generate', options);
      return new View(result, () => showGenerated(prompt, result));
    },
};

function showGenerated(prompt: string, { tokens }: Generated): HTMLElement {
  const written = tokens.map(({ piece, logProbability }) => {
    const token = element('span', 'token', visibleSpace(piece));
    token.title = `probability ${(100 * Math.exp(logProbability)).toFixed(1)} %`;
    return token;
  });
  return element('pre', 'generated', element('span', 'prompt', prompt), ...written);
}
