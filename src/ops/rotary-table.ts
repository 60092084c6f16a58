/** The angles of rotary position embedding (Su et al. 2021), in float64, and the rotation as a reference. */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { sharedConstant } from './filled.ts';

export interface Rotary {
  /** How many leading dimensions of each head are rotated; even, at most the head size, 0 for none. */
  readonly rotaryDimensions: number;
  /** `rope_theta`: pair i turns by base^(−2i / rotaryDimensions) per position. */
  readonly rotaryBase: number;
}

/** Throws unless the rotation fits heads of `headSize`. */
export function checkRotary(
  operation: string,
  { rotaryDimensions, rotaryBase }: Rotary,
  headSize: number,
): void {
  if (rotaryDimensions % 2 !== 0 || rotaryDimensions < 0 || rotaryDimensions > headSize) {
    throw new RangeError(
      `${operation}: rotaryDimensions does not fit, got ${rotaryDimensions}, expected an even number from 0 to ${headSize}`,
    );
  }
  if (!(rotaryBase > 0)) throw new RangeError(`${operation}: rotaryBase must be positive, got ${rotaryBase}`);
}

/** cos and sin of the angle of each (position, pair): (T, rotaryDimensions / 2), shared by all layers of a graph. */
export function rotaryTables(
  graph: Graph,
  time: number,
  { rotaryDimensions, rotaryBase }: Rotary,
): [Tensor, Tensor] {
  const half = rotaryDimensions / 2;
  const columns = half || 4; // a table nobody reads must still bind as vectors of four
  const table = (name: string, f: (angle: number) => number) =>
    sharedConstant(
      graph,
      `${name} of rotary ${time} ${rotaryDimensions} ${rotaryBase}`,
      [time, columns],
      () =>
        Float32Array.from({ length: time * columns }, (_, i) =>
          half === 0 ? 0 : f(Math.floor(i / half) * rotaryBase ** (-(i % half) / half)),
        ),
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
