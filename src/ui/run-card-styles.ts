/** How a run card looks. */
import { css } from 'lit';

export const runCardStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  article {
    display: grid;
    gap: var(--space-2);
    padding: var(--space-3);
    border: 1px solid var(--color-border);
    border-radius: var(--radius);
    background: var(--color-page);
  }
  header {
    display: flex;
    align-items: baseline;
    justify-content: space-between;
    gap: var(--space-3);
  }
  .title {
    font-size: var(--size-text);
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .status {
    flex: none;
    font-size: var(--size-small);
    color: var(--color-text-quiet);
  }
  .status.running {
    color: var(--color-accent);
  }
  .status.finished {
    color: var(--color-success);
  }
  .status.failed {
    color: var(--color-danger);
  }
  .numbers {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0 var(--space-4);
  }
  .numbers b {
    font-weight: 600;
    color: var(--color-text);
  }
  .error {
    display: flex;
    gap: var(--space-2);
    padding: var(--space-2) var(--space-3);
    border-radius: var(--radius);
    background: var(--color-danger-soft);
    color: var(--color-danger);
    font-size: var(--size-small);
    overflow-wrap: anywhere;
    white-space: pre-line;
  }
  .error svg {
    margin-top: 2px;
  }
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2);
  }
  .details {
    margin-left: auto;
    color: var(--color-text-quiet);
  }
  .chevron {
    display: inline-flex;
    transition: transform var(--duration);
  }
  .chevron.open {
    transform: rotate(90deg);
  }
`;
