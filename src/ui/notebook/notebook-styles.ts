/** The look of the notebook around its cells. */
import { css } from 'lit';

export const notebookStyles = css`
  :host {
    display: block;
    max-width: 60rem;
    margin: 0 auto;
    padding: var(--space-4) var(--space-4) 40vh 0;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: var(--space-2) var(--space-4);
    align-items: center;
    justify-content: flex-end;
    padding-left: 2.5rem;
  }
  .head label {
    display: inline-flex;
    gap: var(--space-2);
    align-items: center;
    font-size: var(--size-small);
    color: var(--color-text-quiet);
  }
  .between {
    display: flex;
    gap: var(--space-1);
    justify-content: center;
    height: 1.25rem;
    opacity: 0;
    transition: opacity var(--duration);
  }
  .between:hover,
  .between:focus-within {
    opacity: 1;
  }
  .between button {
    min-height: 1.25rem;
    height: 1.25rem;
    font-size: 0.75rem;
  }
  .end {
    display: flex;
    gap: var(--space-2);
    padding: var(--space-4) 0 0 2.5rem;
  }
  .empty {
    padding: var(--space-6) 0 0 2.5rem;
    max-width: 60ch;
  }
  @media (pointer: coarse) {
    .between {
      display: none;
    }
  }
`;
