/** How the import dialog is laid out. */
import { css } from 'lit';

export const importDialogStyles = css`
  dialog {
    width: min(44rem, calc(100vw - 2rem));
    max-height: calc(100dvh - 2rem);
    padding: 0;
    border: 1px solid var(--color-border);
    border-radius: calc(var(--radius) * 1.5);
    background: var(--color-page);
    color: inherit;
    box-shadow: var(--shadow);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 35%);
  }
  .content {
    display: grid;
    gap: var(--space-4);
    padding: var(--space-5);
  }
  h2 {
    font-size: 1.0625rem;
    font-weight: 600;
  }
  label {
    font-size: var(--size-small);
  }
  form {
    display: grid;
    gap: var(--space-2);
  }
  .ask {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    gap: var(--space-2);
  }
  .ask label {
    flex: 1 1 14rem;
    display: grid;
    gap: var(--space-1);
  }
  details label {
    display: grid;
    gap: var(--space-1);
    padding-top: var(--space-2);
  }
  summary {
    width: fit-content;
    border-radius: var(--radius);
    font-size: var(--size-small);
    color: var(--color-text-quiet);
    cursor: pointer;
  }
  .picking {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-2);
    font-size: var(--size-small);
  }
  .picking input {
    width: 4rem;
  }
  ul {
    max-height: 12rem;
    overflow: auto;
    border: 1px solid var(--color-border);
    border-radius: var(--radius);
  }
  li label {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) 6rem 6rem 6rem;
    align-items: center;
    gap: var(--space-2);
    padding: 1px var(--space-3);
  }
  li label:hover {
    background: var(--color-hover);
  }
  li input {
    min-height: 0;
    accent-color: var(--color-accent);
  }
  li span {
    text-align: right;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  li .name {
    text-align: left;
  }
  .error {
    display: flex;
    gap: var(--space-2);
    color: var(--color-danger);
    font-size: var(--size-small);
    overflow-wrap: anywhere;
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--space-2);
  }
  footer p {
    flex: 1 1 16rem;
    font-size: var(--size-small);
  }
  @media (max-width: 34rem) {
    .content {
      padding: var(--space-4);
    }
    li label {
      grid-template-columns: auto minmax(0, 1fr) 5rem 4.5rem;
    }
    li .size {
      display: none;
    }
  }
`;
