/**
 * Parameters as flat variables: decayed matrices first, then the rest, each aligned to a storage offset, so that
 * gradients and moments with the same layout are updated in one dispatch. One flat holds them all where the adapter
 * binds as much at once; otherwise there are several, cut between tensors, each bound whole.
 */
import { viewAlignment, type Graph } from '../graph/graph.ts';
import { largestTensor, requireTensorFits, type MemoryLimits } from '../graph/memory-limits.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import type { ParameterSpec, Parameters } from './family.ts';

/** A flat variable's sizes, in elements, gaps included. */
export interface Flat {
  readonly index: number;
  readonly size: number;
  /** Elements before this offset are decayed. */
  readonly decayEnd: number;
}

export interface PlacedParameter extends ParameterSpec {
  readonly flat: Flat;
  /** Into the flat, in elements. */
  readonly offset: number;
  readonly size: number;
}

export interface ParameterLayout {
  /** In state-dict order. */
  readonly parameters: readonly PlacedParameter[];
  readonly flats: readonly Flat[];
  /** Trainable numbers, gaps left out. */
  readonly count: number;
}

/** Of a layout that goes on no adapter. */
const unlimited: MemoryLimits = { maxStorageBufferBindingSize: Infinity, maxBufferSize: Infinity };

/** @throws OutOfGpuMemoryError naming a parameter that no binding of the adapter holds */
export function layoutParameters(
  specs: readonly ParameterSpec[],
  limits: MemoryLimits = unlimited,
): ParameterLayout {
  const most = Math.floor(largestTensor(limits) / 4 / viewAlignment) * viewAlignment;
  const placed = new Map<string, PlacedParameter>();
  const flats = [{ index: 0, size: 0, decayEnd: 0 }];
  const place = (spec: ParameterSpec) => {
    requireTensorFits({ ...spec, dtype: 'f32' }, limits, 'use a smaller vocabulary or width');
    const size = sizeOf(spec.shape);
    const aligned = Math.ceil(size / viewAlignment) * viewAlignment;
    if (flats.at(-1)!.size + aligned > most) flats.push({ index: flats.length, size: 0, decayEnd: 0 });
    const flat = flats.at(-1)!;
    placed.set(spec.name, { ...spec, flat, offset: flat.size, size });
    flat.size += aligned;
    if (spec.decay) flat.decayEnd = flat.size;
  };
  specs.filter((spec) => spec.decay).forEach(place);
  specs.filter((spec) => !spec.decay).forEach(place);
  const parameters = specs.map((spec) => placed.get(spec.name)!);
  return { parameters, flats, count: parameters.reduce((sum, { size }) => sum + size, 0) };
}

/** Name of the first flat variable that holds parameters. */
export const parametersName = 'parameters';

/** The name, in a store, of the variable `name` of a flat: one that has a variable for each. */
export function flatName(name: string, { index }: Flat): string {
  return index === 0 ? name : `${name}.${index}`;
}

/** Declares the flat variables in a graph, and each parameter as a view of one. */
export function declareParameters(
  graph: Graph,
  layout: ParameterLayout,
): { flats: readonly Tensor[]; views: Parameters } {
  const flats = declareFlats(graph, parametersName, layout);
  const views: Record<string, Tensor> = {};
  for (const { name, flat, offset, shape } of layout.parameters)
    views[name] = graph.view(flats[flat.index]!, offset, shape, name);
  return { flats, views };
}

/** A variable of each flat's size. */
export function declareFlats(graph: Graph, name: string, { flats }: ParameterLayout): readonly Tensor[] {
  return flats.map((flat) => graph.variable(flatName(name, flat), [flat.size]));
}

/** Flat tensors that hold `parts`, one for each parameter in their order, without a copy (see `Graph.pack`). */
export function packFlats(
  graph: Graph,
  name: string,
  parts: readonly Tensor[],
  { flats, parameters }: ParameterLayout,
): Tensor[] {
  return flats.map((flat) => {
    const inFlat = (_: unknown, index: number) => parameters[index]!.flat === flat;
    const offsets = parameters.filter(inFlat).map(({ offset }) => offset);
    return graph.pack(flatName(name, flat), flat.size, parts.filter(inFlat), offsets);
  });
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
