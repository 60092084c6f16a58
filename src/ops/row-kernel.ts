/**
 * How a kernel that works by rows is spread over workgroups: LANES invocations share a row, WORKGROUP_SIZE / LANES rows
 * share a workgroup. The lanes of a row add their partial sums in a fixed tree, so a variant gives the same bits always.
 */
import type { Shader } from '../gpu/shader.ts';
import { flatGrid, type Dispatch, type LoweringContext } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { vectorWidth, widened } from './vector-width.ts';

/** Variants by name, for tuning: how many lanes share a row. */
const rowVariants = { lanes1: 1, lanes4: 4, lanes16: 16, lanes64: 64, lanes256: 256 } as const;

/** Rows that one invocation adds, in a sum over rows, before the sums of all chunks are added. */
export const rowsPerChunk = 32;

export interface RowKernel {
  readonly shader: Shader;
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly rows: number;
  /** Numbers per row: what the lanes share out. */
  readonly columns: number;
  /** Other params. */
  readonly params?: Readonly<Record<string, number>>;
  /** Params that count numbers within rows, as `columns` does: given in numbers, passed in vectors. */
  readonly counts?: Readonly<Record<string, number>>;
}

/** The dispatch of a row kernel, in the variant tuned for (rows, columns) or by the length of a row. */
export function rowDispatch(kernel: RowKernel, context: LoweringContext): Dispatch {
  const { shader, bindings, rows, columns, params = {} } = kernel;
  const counts = { columns, ...kernel.counts };
  const width = vectorWidth(shader, Object.values(counts));
  const lanes = chooseLanes(kernel, columns / width, context);
  // A single lane has nobody to wait for: small workgroups then spread few rows over more of the machine.
  const size = lanes === 1 ? 16 : Math.max(64, lanes);
  const inVectors = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / width]));
  return {
    shader,
    variant: widened(shader, width, { WORKGROUP_SIZE: size, LANES: lanes }),
    bindings,
    params: { rows, ...inVectors, ...params },
    workgroups: flatGrid(rows, size / lanes, context.limits),
  };
}

function chooseLanes(
  { shader, rows, columns }: RowKernel,
  vectors: number,
  context: LoweringContext,
): number {
  const chosen = context.choose(
    shader.name,
    [rows, columns],
    defaultVariant(vectors, context.profile.software),
    () => (context.profile.software ? [] : tunableLanes(vectors)),
  );
  const lanes = rowVariants[chosen as keyof typeof rowVariants];
  if (lanes === undefined) {
    const known = Object.keys(rowVariants).join(', ');
    throw new RangeError(`${shader.name}: unknown variant, got ${chosen}, expected ${known}`);
  }
  return lanes;
}

/** No more lanes than a row has vectors. */
function tunableLanes(vectors: number): string[] {
  return Object.entries(rowVariants)
    .filter(([, lanes]) => lanes <= vectors)
    .map(([name]) => name);
}

/** On a GPU about eight vectors per lane; in software, where a barrier costs more than it saves, one lane. */
function defaultVariant(vectors: number, software: boolean): keyof typeof rowVariants {
  if (software || vectors < 4) return 'lanes1';
  if (vectors < 32) return 'lanes4';
  if (vectors < 128) return 'lanes16';
  return vectors < 2048 ? 'lanes64' : 'lanes256';
}
