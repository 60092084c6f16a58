/** The look of what cells show: rendered text, previews of documents and tokens, values. */
import { css } from 'lit';

export const outputStyles = css`
  .markdown {
    max-width: 72ch;
    line-height: 1.6;
    overflow-wrap: break-word;
  }
  .markdown > :first-child {
    margin-top: 0;
  }
  .markdown > :last-child {
    margin-bottom: 0;
  }
  .markdown h1 {
    font-size: 1.75rem;
    line-height: 1.25;
    font-weight: 650;
  }
  .markdown h2 {
    font-size: 1.25rem;
    line-height: 1.3;
    font-weight: 650;
    margin: 1.2em 0 0.4em;
  }
  .markdown h3 {
    font-size: 1.05rem;
    font-weight: 650;
    margin: 1em 0 0.3em;
  }
  .markdown p,
  .markdown ul,
  .markdown ol,
  .markdown blockquote {
    margin: 0.7em 0;
  }
  .markdown ul,
  .markdown ol {
    padding-left: 1.4em;
    list-style: revert;
  }
  .markdown a {
    color: var(--color-accent);
  }
  .markdown code,
  pre {
    font-family: var(--font-code);
    font-size: 0.9em;
  }
  .markdown pre {
    padding: var(--space-3);
    border-radius: var(--radius);
    background: var(--color-surface);
    overflow-x: auto;
  }
  .markdown blockquote {
    margin-left: 0;
    padding-left: var(--space-4);
    border-left: 3px solid var(--color-border);
    color: var(--color-text-quiet);
  }
  .markdown table {
    border-collapse: collapse;
  }
  .markdown th,
  .markdown td {
    padding: var(--space-1) var(--space-3);
    border-bottom: 1px solid var(--color-border);
    text-align: left;
  }
  .markdown math[display='block'] {
    margin: 0.7em 0;
    overflow-x: auto;
  }
  .documents {
    display: grid;
    gap: var(--space-2);
  }
  .document pre,
  pre.document,
  pre.text {
    margin: 0;
    padding: var(--space-2) var(--space-3);
    max-height: 14rem;
    overflow: auto;
    border-radius: var(--radius);
    background: var(--color-surface);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  pre.text {
    padding-inline: 0;
    background: none;
  }
  .document summary {
    cursor: pointer;
    font-size: var(--size-small);
    color: var(--color-text-quiet);
  }
  mark {
    padding: 0 2px;
    border-radius: 2px;
    background: var(--color-accent-soft);
    color: var(--color-text);
    box-shadow: inset 0 -2px var(--color-accent);
  }
  .tokens div {
    font: var(--size-small) / 1.9 var(--font-code);
    white-space: pre-wrap;
  }
  .tokens figcaption {
    margin-top: var(--space-1);
    font-size: var(--size-small);
    color: var(--color-text-quiet);
  }
  .token {
    border-radius: 2px;
  }
  .token:hover {
    outline: 1px solid var(--color-border-control);
  }
  .shade-0 {
    background: light-dark(#dfeafa, #1c3350);
  }
  .shade-1 {
    background: light-dark(#fbe9d3, #4a3314);
  }
  .shade-2 {
    background: light-dark(#def1e3, #1b3d27);
  }
  .shade-3 {
    background: light-dark(#f2e2f3, #43284a);
  }
  .quiet {
    color: var(--color-text-quiet);
    font-size: var(--size-small);
  }
`;
