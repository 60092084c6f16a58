/** Which matmul kernel to run where nothing was tuned, and which are worth trying when tuning. */
import type { LoweringContext } from '../graph/operation.ts';
import type { MatmulShape } from './matmul-placement.ts';

/** Workgroups that keep a GPU busy; fewer, and the inner dimension is cut into slices to make more. */
const enoughWorkgroups = { software: 16, hardware: 128 };
/** Of more outputs, partial sums are too large to be worth their memory. */
const mostSlicedOutputs = 1024 * 1024;
/** A shorter slice costs more in partial sums than it wins. */
const shortestSlice = 256;

/**
 * A sum of more terms loses a digit to one that is made of parts: over the 50,304 classes of a head, one running float32
 * sum is 4.2e-6 off (relative L2), 25 parts are 0.8e-6, PyTorch's blocked sums 0.4e-6.
 */
const longestSum = 8192;
const partOfLongSum = 2048;

/** The name of the kernel that by its shape alone should do well. */
export function fallbackVariant(shape: MatmulShape, context: LoweringContext): string {
  const { name, tile } = context.profile.software ? softwareKernel(shape, context) : hardwareKernel(shape);
  const slices = Math.max(usefulSlices(shape, tile, context), accurateSlices(shape));
  return slices > 1 ? `${name}/${slices}` : name;
}

interface Choice {
  readonly name: string;
  readonly tile: readonly [number, number];
}

/** On a CPU workgroup memory only costs: registers, and as few loads as can be. */
function softwareKernel({ layout, m }: MatmulShape, { profile }: LoweringContext): Choice {
  if (m <= 4 && layout === 'nt') return { name: 'row-alone', tile: [1, 8] };
  if (m <= 4) return { name: 'register-4x4', tile: [32, 32] };
  if (profile.subgroups && profile.subgroupMinSize >= 8) return { name: 'subgroup-32x4', tile: [32, 32] };
  if (profile.subgroups) return { name: 'subgroup-16x4', tile: [16, 32] };
  return { name: 'register-8x8', tile: [64, 64] };
}

/** The larger the tile, the fewer bytes for each FLOP; but only while there are workgroups enough. */
function hardwareKernel({ layout, m, n, batch = 1 }: MatmulShape): Choice {
  if (m <= 8)
    return layout === 'nt' ? { name: 'row', tile: [1, 4] } : { name: 'register-4x4', tile: [32, 32] };
  if (Math.min(m, n) <= 32) return { name: 'tile-32x32', tile: [32, 32] };
  const workgroups = (rows: number, columns: number) => Math.ceil(m / rows) * Math.ceil(n / columns) * batch;
  if (workgroups(128, 128) >= 2 * enoughWorkgroups.hardware)
    return { name: 'tile-128x128', tile: [128, 128] };
  if (workgroups(128, 64) >= 2 * enoughWorkgroups.hardware) return { name: 'tile-128x64', tile: [128, 64] };
  return { name: 'tile-64x64', tile: [64, 64] };
}

function usefulSlices(
  { m, n, k, batch = 1 }: MatmulShape,
  tile: readonly [number, number],
  context: LoweringContext,
): number {
  const workgroups = Math.ceil(m / tile[0]) * Math.ceil(n / tile[1]) * batch;
  const enough = context.profile.software ? enoughWorkgroups.software : enoughWorkgroups.hardware;
  const fitting = Math.floor(context.limits.maxStorageBufferBindingSize / (4 * m * n * batch));
  return Math.max(1, Math.min(Math.ceil(enough / workgroups), Math.floor(k / shortestSlice), fitting, 32));
}

/**
 * Parts in which a long sum is made, where they hold no more than an eighth of what is read. A few rows, as in decoding,
 * have kernels of their own, whose bits are not to depend on how many they are.
 */
function accurateSlices({ m, n, k, batch = 1 }: MatmulShape): number {
  if (batch > 1 || m <= 8 || k <= longestSum) return 1;
  const affordable = Math.floor((k * (m + n)) / (8 * m * n));
  return Math.max(1, Math.min(Math.ceil(k / partOfLongSum), affordable, 32));
}

/** Names worth measuring for a shape on this adapter; the fallback is among them. */
export function tunableVariants(shape: MatmulShape, context: LoweringContext): string[] {
  const { m, n, k } = shape;
  const names = ['register-4x4', 'register-8x8'];
  if (context.profile.subgroups) names.push('subgroup-16x4');
  if (context.profile.subgroups && context.profile.subgroupMinSize >= 8) names.push('subgroup-32x4');
  if (m <= 8 && shape.layout === 'nt') names.push(context.profile.software ? 'row-alone' : 'row');
  if (!context.profile.software) {
    names.push('tile-32x32', 'tile-64x64', 'tile-64x64-8x8');
    if (m > 64) names.push('tile-128x64');
    if (m > 64 && n > 64) names.push('tile-128x128');
  }
  const fewest = accurateSlices(shape);
  const worthwhile = [2, 4, 8, 16].filter(
    (slices) => slices > fewest && k / slices >= shortestSlice && m * n <= mostSlicedOutputs,
  );
  const cut = fewest === 1 ? worthwhile : [fewest, ...worthwhile];
  return [
    ...new Set([
      fallbackVariant(shape, context),
      ...(fewest === 1 ? names : []),
      ...names.flatMap((name) => cut.map((slices) => `${name}/${slices}`)),
    ]),
  ];
}
