/** `sweep`: one call for every combination of a grid. */
import type { Builtin } from '../builtins.ts';

type Grid = Readonly<Record<string, readonly unknown[]>>;
type Point<G extends Grid> = { readonly [Name in keyof G]: G[Name][number] };

export const sweep: Builtin<<G extends Grid, R>(grid: G, call: (point: Point<G>) => R) => R[]> = {
  signature: 'sweep(grid, fn)',
  doc: 'Calls fn once for every combination of the grid’s lists, the last name varying fastest: sweep({seed: [0, 1], task: ["a", "b"]}, fn) calls it 4 times.',
  bind: () => (grid, call) => combinations(grid).map((point) => call(point as Point<typeof grid>)),
};

function combinations(grid: Grid): Record<string, unknown>[] {
  return Object.entries(grid).reduce<Record<string, unknown>[]>(
    (points, [name, values]) => {
      if (!Array.isArray(values)) {
        throw new TypeError(`sweep: \`${name}\` is not a list, got ${typeof values}, expected [value, …]`);
      }
      return points.flatMap((point) => values.map((value: unknown) => ({ ...point, [name]: value })));
    },
    [{}],
  );
}
