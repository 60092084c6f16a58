/** Published trajectories whose names do not say how many tokens a step is, and some worth trying. */

/** Name of the repositories → tokens per optimizer step, as their authors publish it. */
const batches: readonly (readonly [RegExp, number])[] = [
  // 1024 sequences of 2048 tokens (Biderman et al., 2023; van der Wal et al., 2025).
  [/^EleutherAI\/pythia-/, 2 ** 21],
  // 512 sequences of 2048 tokens: the model cards.
  [/^HuggingFaceTB\/SmolLM2-135M-intermediate-checkpoints$/, 2 ** 20],
];

/** Tokens per optimizer step, or null where we do not know. */
export function tokensPerStep(repository: string): number | null {
  return batches.find(([name]) => name.test(repository))?.[1] ?? null;
}

/** Repositories with many revisions, the smallest first. */
export const publishedTrajectories = [
  { repository: 'allenai/DataDecide-c4-6M', title: 'DataDecide on C4, 6 M' },
  { repository: 'EleutherAI/pythia-14m', title: 'Pythia, 14 M parameters' },
  { repository: 'EleutherAI/pythia-31m', title: 'Pythia, 31 M' },
  { repository: 'EleutherAI/pythia-70m', title: 'Pythia, 70 M' },
  { repository: 'HuggingFaceTB/SmolLM2-135M-intermediate-checkpoints', title: 'SmolLM2, 135 M' },
  { repository: 'EleutherAI/pythia-160m', title: 'Pythia, 160 M' },
  { repository: 'EleutherAI/pythia-410m', title: 'Pythia, 410 M' },
  { repository: 'allenai/OLMo-2-0425-1B', title: 'OLMo 2, 1 B' },
] as const;
