/** The loop of generation: read the prompts, then token by token, each sequence to its own end. */
import type { DecodingPlan, NextTokens } from './decoding-plan.ts';
import type { GenerationLimits } from './language-model.ts';

interface Shape {
  /** Sequences of the plan, at least as many as prompts. */
  readonly batch: number;
  /** Padded length of a prompt. */
  readonly timeFor: (length: number) => number;
}

/** Continues each prompt until a stop token, which is left out, until `choose` ends it, or for `newTokens`. */
export async function continuePrompts(
  plan: DecodingPlan,
  prompts: readonly (readonly number[])[],
  limits: GenerationLimits,
  { batch, timeFor }: Shape,
): Promise<number[][]> {
  const { newTokens, stopTokens, choose, beforePass } = limits;
  const wanted = choose ? 'logits' : 'best';
  const written: number[][] = prompts.map(() => []);
  const open = new Set(prompts.keys());
  const take = (sequence: number, next: NextTokens, row: number): void => {
    const token = chosen(next, row, sequence, choose);
    if (token === null || stopTokens.includes(token)) return void open.delete(sequence);
    if (written[sequence]!.push(token) >= newTokens) open.delete(sequence);
  };
  for (const [prompt, sequences] of byPrompt(prompts)) {
    const next = await plan.read(prompt, timeFor(prompt.length), sequences, wanted);
    for (const sequence of sequences) take(sequence, next, 0);
  }
  while (open.size > 0) {
    await beforePass?.();
    // A sequence that has ended, or pads the batch, repeats itself where nobody looks.
    const tokens = Int32Array.from({ length: batch }, (_, b) => written[b]?.at(-1) ?? 0);
    const positions = Int32Array.from({ length: batch }, (_, b) =>
      b < prompts.length ? Math.max(0, prompts[b]!.length + written[b]!.length - 1) : 0,
    );
    const next = await plan.advance(tokens, positions, wanted);
    for (const sequence of [...open]) take(sequence, next, sequence);
  }
  return written;
}

/** Equal prompts are read once. */
function byPrompt(prompts: readonly (readonly number[])[]): Iterable<[readonly number[], number[]]> {
  const groups = new Map<string, [readonly number[], number[]]>();
  prompts.forEach((prompt, sequence) => {
    const key = prompt.join();
    const group = groups.get(key);
    if (group) group[1].push(sequence);
    else groups.set(key, [prompt, [sequence]]);
  });
  return groups.values();
}

function chosen(
  { logits, best }: NextTokens,
  row: number,
  sequence: number,
  choose: GenerationLimits['choose'],
): number | null {
  return logits ? choose!(logits[row]!, sequence) : best![row]!;
}
