/** Where the matrices of a (batched) product lie in memory, in elements, by the names that the kernels use. */

/**
 * How A and B lie in memory: `nn` A (m, k), B (k, n) · `nt` A (m, k), B (n, k) · `tn` A (k, m), B (k, n).
 * With y = x·Wᵀ, W (out, in): forward is `nt`, dx = dy·W is `nn`, dW = dyᵀ·x is `tn`.
 */
export type MatmulLayout = 'nn' | 'nt' | 'tn';

export interface MatmulShape {
  readonly layout: MatmulLayout;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Independent products, one after the other in memory unless `placement` says otherwise; 1 unless given. */
  readonly batch?: number;
}

/** One operand: its first element, the distances within a matrix, and those from matrix to matrix. */
export interface Operand {
  readonly first: number;
  /** From one row of a matrix in memory to the next; within a row elements are neighbours. */
  readonly row: number;
  /** From head to head of one batch entry, and from batch entry to batch entry. */
  readonly head: number;
  readonly batch: number;
}

/** Products of `heads` heads for each batch entry; `group` neighbouring heads share one B. */
export interface Placement {
  readonly heads: number;
  readonly group: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly c: Operand;
}

/** Matrices one after the other. */
export function densePlacement({ layout, m, n, k }: MatmulShape): Placement {
  const dense = (row: number, size: number): Operand => ({ first: 0, row, head: 0, batch: size });
  return {
    heads: 1,
    group: 1,
    a: dense(layout === 'tn' ? m : k, m * k),
    b: dense(layout === 'nt' ? k : n, n * k),
    c: dense(n, m * n),
  };
}

/** The strides as the kernels' `Params` name them. */
export function placementParams(layout: MatmulLayout, { heads, group, a, b, c }: Placement) {
  return {
    heads,
    a_first: a.first,
    a_row: layout === 'tn' ? 1 : a.row,
    a_inner: layout === 'tn' ? a.row : 1,
    a_head: a.head,
    a_batch: a.batch,
    b_first: b.first,
    b_column: layout === 'nt' ? b.row : 1,
    b_inner: layout === 'nt' ? 1 : b.row,
    b_head: b.head,
    b_batch: b.batch,
    b_group: group,
    c_row: c.row,
    c_head: c.head,
    c_batch: c.batch,
  };
}

/** Whether every row of an operand, `length` elements long, can be read in aligned runs of `run` elements. */
export function inRuns({ first, row, head, batch }: Operand, length: number, run: number): boolean {
  return [first, row, head, batch, length].every((distance) => distance % run === 0);
}
