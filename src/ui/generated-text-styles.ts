/** The look of generated text: deeper shade, likelier token; a dotted line under what was not the first choice. */
import { css } from 'lit';

export const generatedTextStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  .text {
    padding: var(--space-2) var(--space-3);
    border-radius: var(--radius);
    background: var(--color-surface);
    font: var(--size-small) / 1.9 var(--font-code);
    overflow-wrap: anywhere;
  }
  .text:has(.tokens:focus-visible) {
    outline: 2px solid var(--color-focus);
    outline-offset: -2px; /* a cell's output scrolls sideways and would cut it off */
  }
  .tokens:focus-visible {
    outline: none;
  }
  .prompt,
  .token {
    white-space: pre-wrap;
  }
  .prompt {
    color: var(--color-text-quiet);
  }
  .token {
    border-radius: 2px;
    background: color-mix(in srgb, var(--color-accent) calc(var(--probability) * 0.36), transparent);
    box-shadow: inset 1px 0 var(--color-surface);
    cursor: default;
  }
  .token.other {
    text-decoration: underline dotted var(--color-text-quiet);
    text-underline-offset: 0.25em;
  }
  .token.part {
    font-size: 0.75em;
  }
  .token:hover,
  .token[aria-selected='true'] {
    outline: 1px solid var(--color-text);
    outline-offset: 0;
  }
  .caret {
    display: inline-block;
    width: 0.5em;
    height: 1em;
    vertical-align: text-bottom;
    background: var(--color-accent);
  }
  token-card {
    position: fixed;
    inset: auto;
    margin: 0;
    pointer-events: none;
  }
`;
