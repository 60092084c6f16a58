/** `evaluate`: checkpoints measured on tasks; rows that grow while the engine works. */
import type { EvaluationRow } from '../../evaluation/row.ts';
import { evaluateSchema } from '../../experiments/spec.ts';
import type { z } from 'zod';
import type { Builtin } from '../builtins.ts';
import { growing } from '../growing.ts';
import { parseSpec } from '../parse-spec.ts';

export type EvaluateInput = Omit<z.input<typeof evaluateSchema>, 'kind'>;
type Evaluate = (specs: EvaluateInput | readonly EvaluateInput[]) => AsyncIterable<readonly EvaluationRow[]>;

export const evaluate: Builtin<Evaluate> = {
  signature: 'evaluate(spec | specs)',
  doc: 'Evaluates checkpoints on tasks. In other cells its value is the array of rows so far, so that tables and figures grow as rows arrive.',
  bind: (cell) => (specs) => {
    const list = Array.isArray(specs) ? (specs as readonly EvaluateInput[]) : [specs as EvaluateInput];
    const complete = list.map((spec, at) =>
      parseSpec(list.length > 1 ? `evaluate, spec ${at + 1}` : 'evaluate', evaluateSchema, {
        kind: 'evaluate',
        ...spec,
      }),
    );
    const runs = complete.map((spec) => cell.runs.add(spec));
    return growing(
      (listener) => cell.runs.subscribe(listener),
      () => runs.flatMap((run) => run.rows),
      () => runs.every((run) => run.ended),
      cell.signal,
    );
  },
};
