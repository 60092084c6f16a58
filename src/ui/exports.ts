/** What can be taken out of the page as files: the notebook, its report, evaluation rows, training steps, models. */
import type { StepRecord } from '../experiments/run.ts';
import type { CheckpointReference } from '../experiments/spec.ts';
import { deserialize } from '../notebook/format.ts';
import { notebookForms, type NotebookForm } from '../notebook/notebook-file.ts';
import type { Engine } from '../worker/protocol.ts';
import { download, slug } from './download.ts';
import { shortRunTitle } from './run-view.ts';
import type { OpenNotebook, Session } from './session.ts';
import { columnsOf, tableCsv } from './table-rows.ts';
import type { TableRow } from './table-rows.ts';

export function exportNotebook({ title, source }: OpenNotebook, form: NotebookForm = 'html'): void {
  const { mime, write } = notebookForms[form];
  download(`${slug(title)}.${form}`, form === 'html' ? source : write(deserialize(source)), mime);
}

/** @throws Error when no notebook is open. */
export async function exportReport(session: Session): Promise<void> {
  const { notebookView: view } = session;
  const open = session.open.value;
  if (!view || !open)
    throw new Error('export report: no notebook is open, expected one; choose it on the left');
  download(`${slug(open.title)}-report.html`, await view.report(), 'text/html;charset=utf-8');
}

export async function exportRows(session: Session, form: 'csv' | 'jsonl'): Promise<void> {
  const rows: readonly TableRow[] = (await session.engine.request('rows.list', { runs: [] })).map((row) => ({
    ...row,
  }));
  if (rows.length === 0)
    return session.notices.note('There are no evaluation rows yet: run a cell that evaluates.');
  if (form === 'csv') download('rows.csv', tableCsv(columnsOf(rows), rows), 'text/csv;charset=utf-8');
  else download('rows.jsonl', jsonLines(rows), 'application/jsonl');
}

/** A checkpoint as the zip that transformers loads. Packing reads every weight: a note says that it has begun. */
export async function exportModel(session: Session, checkpoint: CheckpointReference): Promise<void> {
  const view = session.runs.views.value.find(({ record }) => record.id === checkpoint.run);
  const title = view ? shortRunTitle(view.record.spec) : checkpoint.run;
  session.notices.note(`Packing checkpoint ${checkpoint.step} of ${title} for transformers …`);
  const zip = await session.engine.request('checkpoints.export', { checkpoint });
  download(`${slug(title)}-step-${checkpoint.step}.zip`, zip);
}

export async function exportSteps(session: Session): Promise<void> {
  const steps = await allSteps(session.engine);
  if (steps.length === 0)
    return session.notices.note('There are no training steps yet: run a cell that trains.');
  download('steps.jsonl', jsonLines(steps), 'application/jsonl');
}

/** Training steps of every run, run after run. */
export async function allSteps(engine: Engine): Promise<readonly StepRecord[]> {
  const runs = (await engine.request('runs.list', {})).filter(({ spec }) => spec.kind !== 'evaluate');
  const steps = await Promise.all(runs.map(({ id }) => engine.request('runs.steps', { run: id })));
  return steps.flat();
}

function jsonLines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}
