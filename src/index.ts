/** The public API: every name that a notebook cell sees, and nothing else. Alphabetical. */
export { datasets, preview } from './notebook/api/datasets.ts';
export { display, signal } from './notebook/api/display.ts';
export { download } from './notebook/api/download.ts';
export { evaluate } from './notebook/api/evaluate.ts';
export { finetune } from './notebook/api/finetune.ts';
export { generate } from './notebook/api/generate.ts';
export { html } from './notebook/api/html.ts';
export { logSpaced } from './notebook/api/log-spaced.ts';
export { md } from './notebook/api/md.ts';
export { Plot } from './notebook/api/plot.ts';
export { pretrain } from './notebook/api/pretrain.ts';
export { profile, settings } from './notebook/api/settings.ts';
export { steps } from './notebook/api/steps.ts';
export { sweep } from './notebook/api/sweep.ts';
export { table } from './notebook/api/table.ts';
export { taskPreview, tasks } from './notebook/api/task-preview.ts';
export { tokenize } from './notebook/api/tokenize.ts';
