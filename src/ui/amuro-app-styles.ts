/** How the page is laid out. */
import { css } from 'lit';

export const amuroAppStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100dvh;
    background: var(--color-page);
  }
  header .skip {
    position: absolute;
    z-index: 50;
    left: var(--space-2);
    top: -4rem;
    padding: var(--space-2) var(--space-3);
    border-radius: var(--radius);
    background: var(--color-raised);
    color: var(--color-accent);
  }
  header .skip:focus {
    top: var(--space-2);
  }
  header {
    display: flex;
    align-items: center;
    gap: var(--space-2);
    padding: var(--space-2) var(--space-3);
    border-bottom: 1px solid var(--color-border);
  }
  header > :not(h1, .space, .saved) {
    flex: none;
  }
  h1 {
    min-width: 0;
    margin: 0;
    font-size: var(--size-text);
    font-weight: 600;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .saved {
    flex: none;
    max-width: 40%;
    font-size: 0.75rem;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .space {
    flex: 1;
  }
  .body {
    flex: 1;
    min-height: 0;
    display: flex;
    position: relative;
  }
  nav {
    flex: none;
    width: 17.5rem;
    padding: var(--space-2);
    overflow: auto;
    background: var(--color-surface);
    border-right: 1px solid var(--color-border);
  }
  .section {
    padding-bottom: var(--space-4);
  }
  summary {
    display: flex;
    align-items: center;
    padding: var(--space-1) var(--space-2);
    border-radius: var(--radius);
    cursor: pointer;
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary::after {
    content: '';
    width: 5px;
    height: 5px;
    margin-left: auto;
    border: solid var(--color-text-quiet);
    border-width: 0 1.5px 1.5px 0;
    transform: rotate(-45deg);
    transition: transform var(--duration);
  }
  [open] > summary::after {
    transform: rotate(45deg);
  }
  h2 {
    font-size: var(--size-small);
    font-weight: 600;
  }
  main {
    flex: 1;
    min-width: 0;
    display: flex;
    flex-direction: column;
  }
  .notebook {
    flex: 1;
    min-height: 0;
    display: flex;
  }
  .notebook > * {
    flex: 1;
    border: 0;
    width: 100%;
    height: 100%;
  }
  .drop {
    position: fixed;
    z-index: 60;
    inset: var(--space-3);
    display: grid;
    place-items: center;
    padding: var(--space-5);
    border: 2px dashed var(--color-accent);
    border-radius: calc(var(--radius) * 2);
    background: color-mix(in srgb, var(--color-page) 88%, transparent);
    text-align: center;
  }
  @media (max-width: 760px) {
    .wide,
    .saved,
    header .theme,
    header .word:disabled {
      display: none;
    }
    header {
      gap: var(--space-1);
      padding: var(--space-2);
    }
    nav {
      position: absolute;
      z-index: 15;
      inset: 0 auto 0 0;
      width: min(20rem, 86vw);
      box-shadow: var(--shadow);
    }
    .scrim {
      position: absolute;
      z-index: 14;
      inset: 0;
      background: rgb(0 0 0 / 35%);
    }
  }
`;
