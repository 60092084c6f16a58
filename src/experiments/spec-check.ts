/** What is wrong with a spec that its schema cannot see: refused before the run waits, reads or compiles anything. */
import { findTask } from '../tasks/index.ts';
import { modelFromSpec } from './model-from-spec.ts';
import type { EvaluateSpec, FinetuneSpec, ImportSpec, PretrainSpec, RunSpec } from './spec.ts';

/** Tokens of a sequence beyond which the host's own tables and batches would not fit a tab. */
const longestContext = 65_536;
/** The smallest vocabulary there is: 256 bytes and the end of text. */
const bytesAndEnd = 257;

/** @throws RangeError that names the field and says what to change. */
export function checkSpec(spec: RunSpec): void {
  if (spec.kind === 'import') return checkImport(spec);
  if (spec.contextLength > longestContext) {
    throw new RangeError(
      `${spec.kind}: contextLength is too large, got ${spec.contextLength}, expected at most ${longestContext}`,
    );
  }
  if (spec.kind !== 'evaluate') checkAccumulation(spec);
  if (spec.kind === 'pretrain') checkPretrain(spec);
  else checkTask(spec);
}

function checkAccumulation({ kind, batchSize, accumulation = 1 }: PretrainSpec | FinetuneSpec): void {
  if (batchSize % accumulation === 0) return;
  throw new RangeError(
    `${kind}: accumulation must cut a batch evenly, got ${accumulation} for batchSize ${batchSize}, expected a divisor of it`,
  );
}

function checkPretrain({ model, contextLength, checkpoints, steps, validation, data }: PretrainSpec): void {
  modelFromSpec(model, bytesAndEnd, contextLength);
  const beyond = checkpoints.filter((step) => step > steps);
  if (beyond.length > 0) {
    throw new RangeError(
      `pretrain: checkpoints lie beyond the run's end, got ${beyond.join(', ')}, expected at most ${steps} (steps)`,
    );
  }
  if (validation && data.validationFraction === 0) {
    throw new RangeError(
      'pretrain: validation needs documents held out, got validationFraction 0, expected more than 0; or set validation to null',
    );
  }
}

/** Checkpoints are kept by step: two revisions cannot share one. */
function checkImport({ revisions, repository }: ImportSpec): void {
  const names = new Map<number, string>();
  for (const { step, name } of revisions) {
    const other = names.get(step);
    if (other !== undefined) {
      throw new RangeError(
        `import: two revisions of ${repository} stand at step ${step}, got ${other} and ${name}, expected one; ` +
          'leave one of them out, or import it as a run of its own',
      );
    }
    names.set(step, name);
  }
}

function checkTask(spec: FinetuneSpec | EvaluateSpec): void {
  const task = findTask(spec.task);
  const asked = spec.kind === 'finetune' ? [spec.format] : spec.formats;
  const unknown = asked.filter((format) => !task.formats.includes(format));
  if (unknown.length === 0) return;
  throw new RangeError(
    `${spec.kind}: ${task.name} has no prompt format ${unknown.join(', ')}, expected one of ${task.formats.join(', ')}`,
  );
}
