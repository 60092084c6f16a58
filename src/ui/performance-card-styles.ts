/** How a performance card looks. */
import { css } from 'lit';

export const performanceCardStyles = css`
  :host {
    display: block;
    min-width: 0;
    font-size: var(--size-small);
    container-type: inline-size;
  }
  section {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: var(--space-2);
    margin-top: var(--space-3);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: var(--space-2);
  }
  .title {
    font-weight: 600;
  }
  .actions {
    display: flex;
    gap: var(--space-2);
  }
  dl {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
    gap: var(--space-2) var(--space-4);
  }
  dt {
    color: var(--color-text-quiet);
  }
  dd {
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  .error {
    color: var(--color-danger);
    overflow-wrap: anywhere;
  }
`;
