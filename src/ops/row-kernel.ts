/**
 * How a kernel that reduces rows is spread over workgroups: LANES invocations share a row, WORKGROUP_SIZE / LANES rows
 * share a workgroup. The lanes of a row add their partial sums in a fixed tree, so a variant gives the same bits always.
 */
import type { Variant } from '../gpu/shader.ts';
import { flatGrid, type LoweringContext } from '../graph/operation.ts';

/** Variants by name, for tuning. One lane suits software adapters, many suit long rows on a GPU. */
export const rowVariants = { lanes1: 1, lanes4: 4, lanes16: 16, lanes64: 64, lanes256: 256 } as const;

/** Rows that one invocation adds, in a sum over rows, before the sums of all chunks are added. */
export const rowsPerChunk = 32;

/** The variant and workgroups of `kernel` over `rows` rows of `columns` numbers: tuned, or by the length of a row. */
export function rowKernel(
  kernel: string,
  rows: number,
  columns: number,
  context: LoweringContext,
): { variant: Variant; workgroups: [number, number, number] } {
  const chosen = context.choose(kernel, [rows, columns], defaultVariant(columns));
  const lanes = rowVariants[chosen as keyof typeof rowVariants];
  if (lanes === undefined) {
    throw new RangeError(
      `${kernel}: unknown variant, got ${chosen}, expected ${Object.keys(rowVariants).join(', ')}`,
    );
  }
  const size = Math.max(64, lanes);
  return {
    variant: { constants: { WORKGROUP_SIZE: size, LANES: lanes } },
    workgroups: flatGrid(rows, size / lanes, context.limits),
  };
}

/** About eight numbers or more per lane. */
function defaultVariant(columns: number): keyof typeof rowVariants {
  if (columns < 32) return 'lanes1';
  if (columns < 128) return 'lanes4';
  if (columns < 512) return 'lanes16';
  return columns < 4096 ? 'lanes64' : 'lanes256';
}
