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
import type { DType, Tensor } from '../graph/tensor.ts';
import { fallbackVariant, tunableVariants } from './matmul-choice.ts';
import {
  densePlacement,
  inRuns,
  placementParams,
  type MatmulLayout,
  type MatmulShape,
  type Placement,
} from './matmul-placement.ts';

export type { MatmulLayout } from './matmul-placement.ts';

export interface MatmulDescription extends MatmulShape {
  readonly a: Tensor;
  /** f32, or a weight in bf16. */
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
  variant(shape: MatmulShape, placement: Placement, slice: number, b: DType): Variant;
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
    variant: ({ k }, _placement, _slice, b) => ofType(b, { STEP: k % 2 === 0 ? 2 : 1 }),
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
  return { shader, tile, variant: (_shape, _placement, _slice, b) => ofType(b) };
}

/** Constants, and how a kernel that reads B's numbers one by one declares their type. */
function ofType(b: DType, constants: Variant['constants'] = {}): Variant {
  if (b !== 'bf16') return { constants };
  return { constants: { ...constants, B_BF16: true }, aliases: { BElement: 'u32' } };
}

function rowed(lanes: number, columns: number): Kernel {
  const sizes = { LANES: lanes, COLUMNS: columns };
  const variant = ({ layout, k }: MatmulShape, placement: Placement, _slice: number, b: DType): Variant =>
    ofType(b, { ...sizes, B_PAIRS: b === 'bf16' && layout === 'nt' && inRuns(placement.b, k, 2) });
  return { shader: rowShader, tile: [1, columns], variant };
}

function tiled(rows: number, columns: number, inner: number, threadsX: number, threadsY: number): Kernel {
  const sizes = { TILE_M: rows, TILE_N: columns, TILE_K: inner, THREADS_X: threadsX, THREADS_Y: threadsY };
  const variant = (shape: MatmulShape, { a, b }: Placement, slice: number, type: DType): Variant => {
    const { layout, m, n, k } = shape;
    const aInner = layout !== 'tn';
    const bInner = layout === 'nt';
    const half = type === 'bf16';
    // Sixteen bytes at a time, where rows and slices are whole ones.
    const wide = half ? 8 : 4;
    const aWide = inRuns(a, aInner ? k : m, 4) && (!aInner || slice % 4 === 0);
    const bWide = inRuns(b, bInner ? k : n, wide) && (!bInner || slice % wide === 0);
    const [number, vector] = half ? ['u32', 'vec4<u32>'] : ['f32', 'vec4<f32>'];
    const constants = {
      ...sizes,
      A_WIDTH: aWide ? 4 : 1,
      B_WIDTH: bWide ? wide : 1,
      A_ALONG_INNER: aInner,
      B_ALONG_INNER: bInner,
      B_BF16: half,
    };
    return {
      constants,
      aliases: { AElement: aWide ? 'vec4<f32>' : 'f32', BElement: bWide ? vector : number },
    };
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
    variant: kernel.variant(description, placement, slice, b.dtype),
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

/** The name under which the kernel for a product is chosen. */
export function matmulChoice(layout: MatmulLayout, b: DType): string {
  return b === 'bf16' ? `matmul-${layout}-bf16` : `matmul-${layout}`;
}

/** The kernel and its slices, whole runs of the inner dimension each so that vector loads stay aligned. */
function chooseKernel(
  description: MatmulDescription,
  context: LoweringContext,
): { kernel: Kernel; slices: number; slice: number } {
  const { layout, m, n, k, batch = 1, b } = description;
  const sizes = batch === 1 ? [m, n, k] : [m, n, k, batch];
  const fallback = fallbackVariant(description, context);
  const choice = context.choose(matmulChoice(layout, b.dtype), sizes, fallback, () =>
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
  const run = b.dtype === 'bf16' ? 8 : 4;
  const slice = wanted === 1 || description.placement ? k : Math.ceil(k / wanted / run) * run;
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
