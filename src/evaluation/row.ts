/**
 * The tidy evaluation row: one metric of one checkpoint on one test set in one prompt format.
 * Figures, tables, CSV and statistics read rows and nothing else.
 */
import { z } from 'zod';

export const evaluationRowSchema = z.object({
  /** Id of the run whose weights were evaluated: the pre-training run (base) or the fine-tuning run (tuned). */
  run: z.string(),
  /** `run@step` of the evaluated weights. */
  checkpoint: z.string(),
  /** Pre-training step of the lineage's root checkpoint (the x axis of the study). */
  step: z.number().int().nonnegative(),
  /** Pre-training tokens seen at that step. */
  tokens: z.number().nonnegative(),
  phase: z.enum(['base', 'tuned']),
  /** How the weights were tuned: `none` for base. */
  method: z.enum(['none', 'full', 'lora', 'dpo']),
  /** Task the weights were tuned on; null for base. */
  trainTask: z.string().nullable(),
  task: z.string(),
  split: z.string(),
  /** `id` in-distribution · `ood` shifted test set of the same task · `cross` another task. */
  shift: z.enum(['id', 'ood', 'cross']),
  /** Prompt format, e.g. `default`, `instruct`, `io`. */
  format: z.string(),
  shots: z.number().int().nonnegative(),
  seed: z.number().int(),
  metric: z.string(),
  value: z.number(),
  stderr: z.number(),
  /** 95 % percentile bootstrap interval. */
  ciLow: z.number(),
  ciHigh: z.number(),
  n: z.number().int().positive(),
  /** Score of a guesser that knows nothing; 0 for generated text. */
  chance: z.number(),
});

export type EvaluationRow = z.infer<typeof evaluationRowSchema>;
