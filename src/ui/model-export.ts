/** Asking for a checkpoint as a model that transformers loads: the controls, and the event that whoever has an engine answers. */
import { html, nothing } from 'lit';
import type { CheckpointReference } from '../experiments/spec.ts';
import { glyphs } from './glyphs.ts';
import type { CheckpointNode } from './run-lineage.ts';
import { standing, type RunView } from './run-view.ts';

/** Bubbles through shadow roots. */
export type ModelExportEvent = CustomEvent<CheckpointReference>;

const what = 'config, weights, tokenizer and card in a zip that transformers loads';

/** Beside a kept checkpoint's name; Tab reaches it from the row that the arrow keys have reached. */
export function checkpointExportButton({ key, step, kept }: CheckpointNode, reached: boolean) {
  if (!kept) return nothing;
  const run = key.slice(0, key.lastIndexOf('@'));
  const label = `Export checkpoint ${step} as a model`;
  return html`<button
    class="quiet export"
    tabindex=${reached ? 0 : -1}
    aria-label=${label}
    title="${label}: ${what}"
    @click=${(event: Event) => ask(event, { run, step })}
  >
    ${glyphs.export}
  </button>`;
}

/** A fine-tune has one interesting checkpoint, its last, which has no row of its own. */
export function tunedExportButton(view: RunView) {
  const { spec, id } = view.record;
  const { status, total } = standing(view);
  if (spec.kind !== 'finetune' || status !== 'finished') return nothing;
  return html`<button title=${what} @click=${(event: Event) => ask(event, { run: id, step: total })}>
    Export model
  </button>`;
}

function ask({ currentTarget }: Event, detail: CheckpointReference): void {
  currentTarget!.dispatchEvent(new CustomEvent('export-model', { detail, bubbles: true, composed: true }));
}

declare global {
  interface HTMLElementEventMap {
    'export-model': ModelExportEvent;
  }
}
