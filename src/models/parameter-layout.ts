/**
 * Parameters as one flat variable: decayed matrices first, then the rest, each aligned to a storage offset, so that
 * gradients and moments with the same layout are updated in one dispatch.
 */
import { viewAlignment, type Graph } from '../graph/graph.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import type { ParameterSpec, Parameters } from './family.ts';

export interface PlacedParameter extends ParameterSpec {
  /** In elements. */
  readonly offset: number;
  readonly size: number;
}

export interface ParameterLayout {
  /** In state-dict order. */
  readonly parameters: readonly PlacedParameter[];
  /** Elements of the flat variable, gaps included. */
  readonly size: number;
  /** Elements before this offset are decayed. */
  readonly decayEnd: number;
  /** Trainable numbers, gaps left out. */
  readonly count: number;
}

export function layoutParameters(specs: readonly ParameterSpec[]): ParameterLayout {
  const placed = new Map<string, PlacedParameter>();
  let offset = 0;
  const place = (spec: ParameterSpec) => {
    const size = sizeOf(spec.shape);
    placed.set(spec.name, { ...spec, offset, size });
    offset += Math.ceil(size / viewAlignment) * viewAlignment;
  };
  specs.filter((spec) => spec.decay).forEach(place);
  const decayEnd = offset;
  specs.filter((spec) => !spec.decay).forEach(place);
  const parameters = specs.map((spec) => placed.get(spec.name)!);
  return { parameters, size: offset, decayEnd, count: parameters.reduce((sum, { size }) => sum + size, 0) };
}

/** Name of the flat variable that holds all parameters. */
export const parametersName = 'parameters';

/** Declares the flat variable in a graph, and each parameter as a view of it. */
export function declareParameters(
  graph: Graph,
  layout: ParameterLayout,
): { flat: Tensor; views: Parameters } {
  const flat = graph.variable(parametersName, [layout.size]);
  const views: Record<string, Tensor> = {};
  for (const { name, offset, shape } of layout.parameters)
    views[name] = graph.view(flat, offset, shape, name);
  return { flat, views };
}

/** Standard normal numbers for one parameter, from a stream named by the caller's seed and the parameter's name. */
export type NormalSource = (name: string, count: number) => Float64Array;

/** Initial weights, drawn in float64 on the host so that every machine starts from the same numbers. */
export function initialParameters(
  specs: readonly ParameterSpec[],
  normal: NormalSource,
): Map<string, Float32Array> {
  return new Map(
    specs.map(({ name, shape, init }) => {
      const size = sizeOf(shape);
      if (init.kind === 'constant') return [name, new Float32Array(size).fill(init.value)];
      return [name, Float32Array.from(normal(name, size), (value) => value * init.std)];
    }),
  );
}
