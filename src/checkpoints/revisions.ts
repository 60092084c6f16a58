/** Revisions of a repository as a pre-training trajectory: what a revision's name says of step and tokens. */

export interface NamedRevision {
  readonly name: string;
  /** Optimizer steps, or null when the name does not say. */
  readonly step: number | null;
  /** Tokens trained on, or null when the name does not say. */
  readonly tokens: number | null;
  /** `stage1`, `stage2-ingredient3`: stages count their steps anew. */
  readonly stage: string | null;
  /** Which of several runs in one repository, or null when the name does not say. */
  readonly seed: string | null;
}

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 };
const stagePattern = /^(stage\d+(?:-ingredient\d+)?)-/i;
/** `step512`, `step-240000`, `step-480k-token-1007B`, `ckpt_017`, `checkpoint-500`. */
const stepPattern = /(?:step|ckpt|checkpoint)[-_]?(\d+(?:\.\d+)?)([kmbt]?)(?=$|[-_])/i;
/** `step1250-seed-default`, `step1250-seed-small-aux-2`. */
const seedPattern = /[-_]seed[-_](\w[\w-]*)$/i;
/** `step1000-tokens4B`, `240b_tokens`, `step-50K-105b`, `480k-1T`. */
const tokenPatterns = [
  /tokens?[-_]?(\d+(?:\.\d+)?)([kmbt]?)(?=$|[-_])/i,
  /(\d+(?:\.\d+)?)([kmbt]?)[-_]tokens?(?=$|[-_])/i,
  /[-_](\d+(?:\.\d+)?)([bt])(?=$|[-_])/i,
];

/** What the names of the published trajectories say (Pythia, OLMo, DataDecide, TinyLlama, RedPajama, Amber, SmolLM). */
export function parseRevision(name: string): NamedRevision {
  const stage = stagePattern.exec(name)?.[1]?.toLowerCase() ?? null;
  const step = amount(stepPattern.exec(name));
  const tokens =
    tokenPatterns.map((pattern) => amount(pattern.exec(name))).find((found) => found !== null) ?? null;
  return { name, step, tokens, stage, seed: seedPattern.exec(name)?.[1] ?? null };
}

/** A revision with its place in training: a step that counts from the very beginning. */
export type Placed<R> = Omit<R, 'step'> & { readonly step: number };

/**
 * The revisions whose names say where in training they stand, by rising step; the others (`main`) are left out.
 *
 * Steps count from the beginning of training. A stage whose names count anew goes on where the stage before it ended,
 * in steps and in tokens. Ingredients of one stage start from the same weights, so two of them may claim one step: a
 * run keeps one checkpoint per step and takes one of them. Where names say tokens only, a step is a million tokens.
 */
export function trajectory<R extends NamedRevision>(revisions: readonly R[]): Placed<R>[] {
  const counted = revisions.filter(({ step }) => step !== null);
  const million = (revision: R): R => ({ ...revision, step: Math.round(revision.tokens! / 1e6) });
  const named = counted.length > 0 ? counted : revisions.filter(({ tokens }) => tokens !== null).map(million);
  const placed: Placed<R>[] = [];
  for (const number of [...new Set(named.map(stageNumber))].sort((a, b) => a - b)) {
    const stage = named.filter((revision) => stageNumber(revision) === number);
    const end = largest(placed.map(({ step }) => step));
    const countsOn = stage.every(({ step }) => step! > end);
    const tokensBefore = countsOn ? 0 : largest(placed.map(({ tokens }) => tokens ?? 0));
    for (const revision of stage) {
      const tokens = revision.tokens === null ? null : revision.tokens + tokensBefore;
      placed.push({ ...revision, tokens, step: revision.step! + (countsOn ? 0 : end) });
    }
  }
  return placed.sort((a, b) => a.step - b.step);
}

function stageNumber({ stage }: NamedRevision): number {
  return Number(/\d+/.exec(stage ?? '')?.[0] ?? 0);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function amount(match: RegExpExecArray | null): number | null {
  if (!match) return null;
  return Math.round(Number(match[1]) * units[(match[2] ?? '').toLowerCase()]!);
}
