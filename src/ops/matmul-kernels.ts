/** The matmul kernels and their dispatches, shared by every operation that multiplies matrices. */
import register4x4 from '../../shaders/matmul-register-4x4.wgsl?raw';
import register8x8 from '../../shaders/matmul-register-8x8.wgsl?raw';
import row from '../../shaders/matmul-row.wgsl?raw';
import subgroup16x4 from '../../shaders/matmul-subgroup-16x4.wgsl?raw';
import subgroup32x4 from '../../shaders/matmul-subgroup-32x4.wgsl?raw';
import sumSlices from '../../shaders/matmul-sum-slices.wgsl?raw';
import tile from '../../shaders/matmul-tile.wgsl?raw';
import { defineShader, type Shader, type Variant } from '../gpu/shader.ts';
import { flatGrid, type Dispatch, type LoweringContext } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { fallbackVariant, tunableVariants } from './matmul-choice.ts';
import {
  densePlacement,
  inFours,
  placementParams,
  type MatmulShape,
  type Placement,
} from './matmul-placement.ts';

export type { MatmulLayout } from './matmul-placement.ts';

export interface MatmulDescription extends MatmulShape {
  readonly a: Tensor;
  readonly b: Tensor;
  /** (batch, m, n). */
  readonly c: Tensor;
  /** (n), added to every row. */
  readonly bias?: Tensor | null;
  /** Lies as C does, added to it. */
  readonly addend?: Tensor | null;
  /** Add to what C holds instead of writing it whole. */
  readonly accumulate?: boolean;
  /** Where the matrices lie, if not densely one after the other. */
  readonly placement?: Placement;
  /** What a causal mask spares: see `causalParts`. */
  readonly causal?: keyof typeof causalParts;
}

/**
 * Products of square score matrices under a causal mask, by the number the kernels know them by. `lower`: only C at and
 * left of the diagonal is needed. `lower-a`: A is zero right of its diagonal. `upper-a`: A, as the transpose of such a
 * matrix, is zero left of it.
 */
const causalParts = { none: 0, lower: 1, 'lower-a': 2, 'upper-a': 3 } as const;

interface Kernel {
  readonly shader: Shader;
  /** Rows and columns of C that one workgroup computes. */
  readonly tile: readonly [rows: number, columns: number];
  variant(shape: MatmulShape, placement: Placement, slice: number): Variant;
}

const sumSlicesShader = defineShader('matmul-sum-slices', sumSlices);
const rowShader = defineShader('matmul-row', row);
const tileShader = defineShader('matmul-tile', tile);

/** By name, as `choose` is asked for and tuning records it; `NAME/S` cuts the inner dimension into S slices. */
export const matmulKernels: Readonly<Record<string, Kernel>> = {
  'register-4x4': fixed(defineShader('matmul-register-4x4', register4x4), [32, 32]),
  'register-8x8': fixed(defineShader('matmul-register-8x8', register8x8), [64, 64]),
  'subgroup-16x4': {
    shader: defineShader('matmul-subgroup-16x4', subgroup16x4),
    tile: [16, 32],
    variant: ({ k }) => ({ constants: { STEP: k % 2 === 0 ? 2 : 1 } }),
  },
  'subgroup-32x4': fixed(defineShader('matmul-subgroup-32x4', subgroup32x4), [32, 32]),
  row: rowed(16, 4),
  'row-alone': rowed(1, 8),
  'tile-32x32': tiled(32, 32, 16, 8, 8),
  'tile-64x64': tiled(64, 64, 16, 16, 16),
  'tile-64x64-8x8': tiled(64, 64, 16, 8, 8),
  'tile-128x64': tiled(128, 64, 16, 16, 16),
  'tile-128x128': tiled(128, 128, 8, 16, 16),
};

function fixed(shader: Shader, tile: readonly [number, number]): Kernel {
  return { shader, tile, variant: () => ({}) };
}

function rowed(lanes: number, columns: number): Kernel {
  const variant = () => ({ constants: { LANES: lanes, COLUMNS: columns } });
  return { shader: rowShader, tile: [1, columns], variant };
}

function tiled(rows: number, columns: number, inner: number, threadsX: number, threadsY: number): Kernel {
  const sizes = { TILE_M: rows, TILE_N: columns, TILE_K: inner, THREADS_X: threadsX, THREADS_Y: threadsY };
  const variant = ({ layout, m, n, k }: MatmulShape, { a, b }: Placement, slice: number): Variant => {
    const aInner = layout !== 'tn';
    const bInner = layout === 'nt';
    const aFours = inFours(a, aInner ? k : m) && (!aInner || slice % 4 === 0);
    const bFours = inFours(b, bInner ? k : n) && (!bInner || slice % 4 === 0);
    const widths = {
      A_WIDTH: aFours ? 4 : 1,
      B_WIDTH: bFours ? 4 : 1,
      A_ALONG_INNER: aInner,
      B_ALONG_INNER: bInner,
    };
    const aliases = { AElement: aFours ? 'vec4<f32>' : 'f32', BElement: bFours ? 'vec4<f32>' : 'f32' };
    return { constants: { ...sizes, ...widths }, aliases };
  };
  return { shader: tileShader, tile: [rows, columns], variant };
}

/** Dispatches that compute C = A·B (+ bias) (+ addend) (+ C), by the kernel that tuning chose for this shape, or a sound guess. */
export function matmulDispatch(description: MatmulDescription, context: LoweringContext): Dispatch[] {
  const { layout, m, n, k, batch = 1, a, b, c, accumulate = false, causal = 'none' } = description;
  const { kernel, slices, slice } = chooseKernel(description, context);
  const placement = description.placement ?? densePlacement(description);
  const bias = description.bias ?? b; // something must be bound; it is not read
  const addend = description.addend ?? b;
  const epilogue = {
    add_bias: Number(Boolean(description.bias)),
    add_addend: Number(Boolean(description.addend)),
    accumulate: Number(accumulate),
  };
  const product: Dispatch = {
    shader: kernel.shader,
    variant: kernel.variant(description, placement, slice),
    bindings: { a, b, bias, addend, c },
    params: {
      m,
      n,
      k,
      ...placementParams(layout, placement),
      slices,
      slice,
      c_slice: 0,
      causal: causalParts[causal],
      ...epilogue,
    },
    workgroups: grid(kernel, description, slices, context),
    flops: 2 * m * n * k * batch * (causal === 'none' ? 1 : (m + 1) / (2 * m)),
  };
  if (slices === 1) return [product];
  const partial = context.scratch('matmul-slices', [batch, slices, m, n]);
  const slicedParams = {
    ...product.params,
    c_batch: slices * m * n,
    c_slice: m * n,
    add_bias: 0,
    add_addend: 0,
    accumulate: 0,
  };
  const sum: Dispatch = {
    shader: sumSlicesShader,
    bindings: { partial, bias, addend, c },
    params: { outputs: m * n, n, batch, slices, ...epilogue },
    workgroups: flatGrid(batch * m * n, 64, context.limits),
  };
  return [{ ...product, bindings: { ...product.bindings, c: partial }, params: slicedParams }, sum];
}

/** The kernel and its slices, whole fours of the inner dimension each so that vector loads stay aligned. */
function chooseKernel(
  description: MatmulDescription,
  context: LoweringContext,
): { kernel: Kernel; slices: number; slice: number } {
  const { layout, m, n, k, batch = 1 } = description;
  const sizes = batch === 1 ? [m, n, k] : [m, n, k, batch];
  const fallback = fallbackVariant(description, context);
  const choice = context.choose(`matmul-${layout}`, sizes, fallback, () =>
    tunableVariants(description, context),
  );
  const [name, cut = '1'] = choice.split('/') as [string, string?];
  const kernel = matmulKernels[name];
  const wanted = Number(cut);
  if (!kernel || !Number.isInteger(wanted) || wanted < 1) {
    throw new Error(
      `matmul: no kernel is named ${choice}, expected one of ${Object.keys(matmulKernels).join(', ')}, or NAME/SLICES`,
    );
  }
  // The sum over slices knows dense outputs only.
  const slice = wanted === 1 || description.placement ? k : Math.ceil(k / wanted / 4) * 4;
  return { kernel, slice, slices: Math.ceil(k / slice) };
}

function grid(
  { tile }: Kernel,
  shape: MatmulShape,
  slices: number,
  { limits }: LoweringContext,
): [number, number, number] {
  const { m, n, batch = 1 } = shape;
  const workgroups: [number, number, number] = [
    Math.ceil(n / tile[1]),
    Math.ceil(m / tile[0]),
    batch * slices,
  ];
  if (Math.max(...workgroups) > limits.maxComputeWorkgroupsPerDimension) {
    throw new RangeError(
      `matmul: (${m}, ${n}) × ${batch} needs ${workgroups.join(' × ')} workgroups, ` +
        `expected at most ${limits.maxComputeWorkgroupsPerDimension} a side. Use a smaller batch or another kernel.`,
    );
  }
  return workgroups;
}
