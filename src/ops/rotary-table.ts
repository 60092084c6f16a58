/** The angles of rotary position embedding (Su et al. 2021), and the rotation as a float64 reference. */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { sharedConstant } from './filled.ts';

export interface Rotary {
  /** How many leading dimensions of each head are rotated; even, at most the head size, 0 for none. */
  readonly rotaryDimensions: number;
  /** `rope_theta`: pair i turns by base^(−2i / rotaryDimensions) per position. */
  readonly rotaryBase: number;
  /** By how much each of the rotaryDimensions / 2 pairs turns per position, where the base does not say it. */
  readonly rotaryFrequencies?: readonly number[] | undefined;
}

/**
 * By how much each pair turns per position: base^(−2i / size), i < ⌈size / 2⌉, rounded to float32 at every step as
 * PyTorch rounds it. Models are trained on the rounded angles, and far out in a text the rounding is no longer small.
 */
export function rotaryFrequencies(size: number, base: number): number[] {
  return Array.from({ length: Math.ceil(size / 2) }, (_, i) =>
    Math.fround(1 / Math.fround(base ** Math.fround((2 * i) / size))),
  );
}

/** Throws unless the rotation fits heads of `headSize`. */
export function checkRotary(
  operation: string,
  { rotaryDimensions, rotaryBase, rotaryFrequencies }: Rotary,
  headSize: number,
): void {
  if (rotaryDimensions % 2 !== 0 || rotaryDimensions < 0 || rotaryDimensions > headSize) {
    throw new RangeError(
      `${operation}: rotaryDimensions does not fit, got ${rotaryDimensions}, expected an even number from 0 to ${headSize}`,
    );
  }
  if (!(rotaryBase > 0)) throw new RangeError(`${operation}: rotaryBase must be positive, got ${rotaryBase}`);
  if (rotaryFrequencies && rotaryFrequencies.length !== rotaryDimensions / 2) {
    throw new RangeError(
      `${operation}: rotaryFrequencies do not fit, got ${rotaryFrequencies.length}, expected ${rotaryDimensions / 2}`,
    );
  }
}

/** cos and sin of the angle of each (position, pair): (T, rotaryDimensions / 2), shared by all layers of a graph. */
export function rotaryTables(graph: Graph, time: number, options: Rotary): [Tensor, Tensor] {
  const { rotaryDimensions, rotaryBase, rotaryFrequencies: given } = options;
  const half = rotaryDimensions / 2;
  const columns = half || 4; // a table nobody reads must still bind as vectors of four
  const frequencies = given ?? rotaryFrequencies(rotaryDimensions, rotaryBase);
  const angle = (i: number): number =>
    half === 0 ? 0 : Math.fround(Math.floor(i / half) * frequencies[i % half]!);
  const table = (name: string, f: (angle: number) => number) =>
    sharedConstant(
      graph,
      `${name} of rotary ${time} ${rotaryDimensions} ${given?.join() ?? rotaryBase}`,
      [time, columns],
      () => Float32Array.from({ length: time * columns }, (_, i) => (half === 0 ? 0 : f(angle(i)))),
    );
  return [table('cos', Math.cos), table('sin', Math.sin)];
}

/** Rotates one head in float64, in place, by the table's row for its time; `direction` −1 rotates back. */
export function rotateHead(
  head: Float64Array,
  cosines: Float64Array,
  sines: Float64Array,
  time: number,
  half: number,
  direction: 1 | -1,
): void {
  for (let j = 0; j < half; j++) {
    const c = cosines[time * half + j]!;
    const s = sines[time * half + j]! * direction;
    const [a, b] = [head[j]!, head[j + half]!];
    head[j] = a * c - b * s;
    head[j + half] = b * c + a * s;
  }
}
