/** What a node in the tree of runs says of itself: its name, and how it stands. */
import { html, nothing } from 'lit';
import { formatCount, percent } from './quantities.ts';
import type { LineageNode } from './run-lineage.ts';
import { shortRunTitle, standing, statusWord } from './run-view.ts';

export function nameOf(node: LineageNode): string {
  return node.kind === 'run' ? shortRunTitle(node.view.record.spec) : `Checkpoint ${formatCount(node.step)}`;
}

export function stateOf(node: LineageNode) {
  if (node.kind === 'checkpoint') return node.kept ? nothing : html`<span class="state soft">to come</span>`;
  const { status, done, total } = standing(node.view);
  if (status === 'finished') return html`<span class="state finished" aria-label="finished">✓</span>`;
  return html`<span class="state ${status}"
    >${status === 'running' ? `${percent(done, total)} %` : statusWord(status)}</span
  >`;
}
