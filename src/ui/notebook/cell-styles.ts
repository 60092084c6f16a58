/** The look of a cell: quiet until it is pointed at or focused. */
import { css } from 'lit';

export const cellStyles = css`
  :host {
    display: block;
    position: relative;
  }
  article {
    display: grid;
    grid-template-columns: 2.5rem minmax(0, 1fr);
    border-radius: var(--radius);
    scroll-margin: var(--space-5);
  }
  article:focus {
    outline: none;
  }
  .bar {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: var(--space-1);
    padding-top: var(--space-1);
    border-left: 3px solid transparent;
  }
  :host([selected]) .bar {
    border-left-color: var(--color-border-control);
  }
  article:focus-visible .bar,
  article:focus .bar {
    border-left-color: var(--color-focus);
  }
  .bar .seconds {
    font-size: 0.6875rem;
    color: var(--color-text-quiet);
  }
  .run.stale {
    color: var(--color-warning);
    border-color: var(--color-warning);
    background: var(--color-warning-soft);
  }
  .run.running,
  .run.queued {
    color: var(--color-accent);
    border-color: var(--color-accent);
  }
  .run.error {
    color: var(--color-danger);
  }
  .body {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--space-3);
    min-width: 0;
  }
  .source {
    position: relative;
    border: 1px solid var(--color-border);
    border-radius: var(--radius);
    background: var(--color-surface);
  }
  .source:focus-within {
    border-color: var(--color-focus);
    box-shadow: 0 0 0 1px var(--color-focus);
  }
  .source.unsupported {
    padding: var(--space-2) var(--space-3);
    border-style: dashed;
    overflow-x: auto;
  }
  .tools {
    position: absolute;
    z-index: 5;
    inset: calc(-1 * var(--space-3)) var(--space-2) auto auto;
    display: flex;
    gap: var(--space-1);
    align-items: center;
    opacity: 0;
    background: var(--color-page);
    border-radius: var(--radius);
  }
  :host(:hover) .tools,
  .tools:focus-within,
  :host([selected]) .tools {
    opacity: 1;
  }
  .stale-note {
    font-size: 0.6875rem;
    color: var(--color-warning);
  }
  .rendered {
    padding: var(--space-1) 0;
    cursor: text;
  }
  .empty {
    color: var(--color-text-quiet);
  }
  @media (max-width: 640px) {
    article {
      grid-template-columns: 2.25rem minmax(0, 1fr);
    }
    /* Text fills the width: its menu goes into the empty margin, and opens to the other side. */
    .source-less .tools {
      --menu-inset: calc(100% + 4px) auto auto 0;
      inset: 0 auto auto 4px;
    }
  }
`;
