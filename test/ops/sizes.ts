/** Sizes and variants that every test of a kind of kernel goes through. */
import type { KernelChoices } from '../../src/graph/lowering.ts';
import { choiceKey } from '../../src/graph/lowering.ts';

/** For elementwise kernels: around workgroups, primes, and multiples of four (vectors) that fill no workgroup. */
export const elementCounts = [1, 2, 3, 4, 31, 32, 33, 36, 63, 64, 65, 1009, 1028];

/**
 * For row kernels, numbers of lanes on single numbers (131) or vectors of four (132). One lane is what software
 * adapters get without a choice, so every other test has it.
 */
export const laneCases = [
  { lanes: 'lanes4', columns: 131 },
  { lanes: 'lanes16', columns: 132 },
  { lanes: 'lanes64', columns: 131 },
  { lanes: 'lanes256', columns: 132 },
];

/** As `laneCases`, for kernels whose lanes work side by side and never meet. */
export const independentLaneCases = laneCases.slice(0, 2);

/** Choices that run `kernels` over (rows, columns) with this many lanes. */
export function laneChoices(
  kernels: readonly string[],
  rows: number,
  columns: number,
  lanes: string,
): KernelChoices {
  return Object.fromEntries(kernels.map((kernel) => [choiceKey(kernel, [rows, columns]), lanes]));
}
