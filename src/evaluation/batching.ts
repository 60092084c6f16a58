/** Run rows through a model in batches of similar length, longest first, and hand results back in the rows' order. */

export interface BatchOptions {
  readonly batchSize: number;
  /** Ends the work between two batches, by throwing its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields how many rows are done after each batch; returns one result per row. Longest first: if a batch does not fit
 * the device, that shows at once and not after an hour.
 * @throws RangeError when `run` answers with another number of results than it was given rows.
 */
export async function* runBatches<Row, Result>(
  rows: readonly Row[],
  lengthOf: (row: Row) => number,
  run: (batch: readonly Row[]) => Promise<readonly Result[]>,
  { batchSize, signal }: BatchOptions,
): AsyncGenerator<number, readonly Result[], void> {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `runBatches: batchSize is not a positive integer, got ${batchSize}, expected at least 1`,
    );
  }
  const order = rows
    .map((_, index) => index)
    .sort((a, b) => lengthOf(rows[b]!) - lengthOf(rows[a]!) || a - b);
  const results = new Array<Result>(rows.length);
  for (let start = 0; start < order.length; start += batchSize) {
    signal?.throwIfAborted();
    const batch = order.slice(start, start + batchSize);
    const answers = await run(batch.map((index) => rows[index]!));
    if (answers.length !== batch.length) {
      throw new RangeError(
        `runBatches: the model answered another number of rows, got ${answers.length}, expected ${batch.length}`,
      );
    }
    batch.forEach((index, position) => (results[index] = answers[position]!));
    yield start + batch.length;
  }
  return results;
}
