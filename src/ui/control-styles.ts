/** What all elements share: buttons, fields, progress bars, visible focus, text for screen readers only. */
import { css } from 'lit';

export const controlStyles = css`
  :host {
    box-sizing: border-box;
    font: var(--size-text) / 1.5 var(--font-text);
    font-variant-numeric: tabular-nums;
    color: var(--color-text);
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  button,
  input,
  select {
    font: inherit;
    font-size: var(--size-small);
    color: inherit;
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--space-1);
    min-height: 1.75rem;
    padding: 0 var(--space-2);
    border: 1px solid var(--color-border);
    border-radius: var(--radius);
    background: var(--color-raised);
    cursor: pointer;
    white-space: nowrap;
    transition: background var(--duration);
  }
  button:hover:not(:disabled) {
    background: var(--color-hover);
  }
  button:disabled {
    color: var(--color-text-quiet);
    cursor: default;
    opacity: 0.6;
  }
  button.primary {
    border-color: var(--color-accent);
    background: var(--color-accent);
    color: var(--color-on-accent);
  }
  button.primary:hover:not(:disabled) {
    background: color-mix(in srgb, var(--color-accent) 88%, var(--color-text));
  }
  button.quiet {
    border-color: transparent;
    background: transparent;
  }
  button.quiet:hover:not(:disabled) {
    background: var(--color-hover);
  }
  button.icon {
    width: 1.75rem;
    padding: 0;
  }
  button.danger {
    color: var(--color-danger);
  }
  button.link {
    min-height: 0;
    padding: 0;
    border: 0;
    background: none;
    color: var(--color-accent);
    text-decoration: underline;
  }
  input,
  select {
    min-height: 1.75rem;
    max-width: 100%;
    padding: 0 var(--space-2);
    border: 1px solid var(--color-border-control);
    border-radius: var(--radius);
    background: var(--color-raised);
  }
  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 2px solid var(--color-focus);
    outline-offset: 1px;
  }
  progress {
    appearance: none;
    display: block;
    width: 100%;
    height: 6px;
    border: 0;
    border-radius: 3px;
    overflow: hidden;
    background: var(--color-border);
  }
  progress::-webkit-progress-bar {
    background: var(--color-border);
  }
  progress::-webkit-progress-value {
    background: var(--color-accent);
  }
  progress::-moz-progress-bar {
    background: var(--color-accent);
  }
  h2,
  h3,
  p,
  ul,
  dl,
  dd,
  figure {
    margin: 0;
    padding: 0;
  }
  ul {
    list-style: none;
  }
  .small {
    font-size: var(--size-small);
  }
  .soft {
    color: var(--color-text-quiet);
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  svg.glyph {
    flex: none;
    width: 16px;
    height: 16px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  @media (pointer: coarse) {
    button,
    input,
    select {
      min-height: 2.5rem;
    }
    button.icon {
      width: 2.5rem;
    }
  }
`;
