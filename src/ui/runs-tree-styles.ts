/** How the tree of runs looks. */
import { css } from 'lit';

export const runsTreeStyles = css`
  :host {
    display: block;
  }
  p {
    padding: 0 var(--space-2);
  }
  .import {
    padding: var(--space-2) var(--space-2) 0;
  }
  .row {
    display: flex;
    align-items: center;
    border-radius: var(--radius);
  }
  .row:hover {
    background: var(--color-hover);
  }
  .row.selected {
    background: var(--color-accent-soft);
  }
  .row button:hover:not(:disabled) {
    background: none;
  }
  .depth-1 .row,
  .depth-1 .details {
    margin-left: 0.75rem;
  }
  .depth-2 .row,
  .depth-2 .details {
    margin-left: 1.5rem;
  }
  .depth-3 .row,
  .depth-3 .details {
    margin-left: 2.25rem;
  }
  .fold {
    flex: none;
    width: 1.25rem;
    padding: 0;
    color: var(--color-text-quiet);
  }
  .chevron {
    display: inline-flex;
    transition: transform var(--duration);
  }
  .chevron.open {
    transform: rotate(90deg);
  }
  .name {
    flex: 1;
    min-width: 0;
    justify-content: space-between;
    gap: var(--space-2);
    padding: 0 var(--space-2) 0 2px;
  }
  .export {
    flex: none;
    padding: 0 var(--space-1);
    color: var(--color-text-quiet);
  }
  .export:hover {
    color: var(--color-text);
  }
  .text {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .state {
    flex: none;
    font-size: 0.75rem;
    color: var(--color-text-quiet);
  }
  .state.running {
    color: var(--color-accent);
  }
  .state.finished {
    color: var(--color-success);
  }
  .state.failed {
    color: var(--color-danger);
  }
  .details {
    padding: var(--space-2) var(--space-2) var(--space-3) 1.375rem;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2);
  }
  .error {
    padding: 0 0 var(--space-2);
    color: var(--color-danger);
    overflow-wrap: anywhere;
    white-space: pre-line;
  }
`;
