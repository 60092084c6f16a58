/**
 * Parameters as flat variables: decayed matrices first, then the rest, each aligned to a storage offset, so that
 * gradients and moments with the same layout are updated in one dispatch. One flat holds them all where the adapter
 * binds as much at once; otherwise there are several, cut between tensors, each bound whole. An embedding or a head that
 * is larger than that alone lies in pieces of its rows.
 */
import { bf16ViewAlignment, viewAlignment, type Graph } from '../graph/graph.ts';
import { largestTensor, requireTensorFits, type MemoryLimits } from '../graph/memory-limits.ts';
import { bytesOf, sizeOf, widthOf, type Tensor } from '../graph/tensor.ts';
import { toBf16 } from '../ops/bf16.ts';
import { pieceRows } from '../ops/row-pieces.ts';
import type { ParameterSpec, Parameters } from './family.ts';

/**
 * What a model's matrices are on the GPU:
 * - `f32`: what they are in a checkpoint.
 * - `bf16-copy`: f32 for the optimizer; products read a copy in bf16 that every pass makes of them first.
 * - `bf16` and nothing else, for models that are only asked. Biases and norms stay f32: they are few.
 */
export type WeightForm = 'f32' | 'bf16-copy' | 'bf16';

/** A flat variable's sizes, in elements, gaps included. */
export interface Flat {
  readonly index: number;
  readonly dtype: 'f32' | 'bf16';
  readonly size: number;
  /** Elements before this offset are decayed. */
  readonly decayEnd: number;
  /** Products read none of the elements before this offset: they are looked up. */
  readonly lookedUpEnd: number;
}

/** A parameter, or a piece of its rows: then named `NAME[FIRST:END]`. */
export interface PlacedParameter extends ParameterSpec {
  readonly flat: Flat;
  /** Into the flat, in elements. */
  readonly offset: number;
  readonly size: number;
}

/** A parameter as files and people know it, and where it lies: nearly always in one piece. */
export interface NamedParameter extends ParameterSpec {
  readonly size: number;
  /** Its rows in order. */
  readonly pieces: readonly PlacedParameter[];
}

export interface ParameterLayout {
  readonly weights: WeightForm;
  /** In state-dict order. */
  readonly named: readonly NamedParameter[];
  /** The pieces of all, in the same order: what is differentiated and updated. */
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
  weights: WeightForm = 'f32',
): ParameterLayout {
  const alignment = weights === 'f32' ? viewAlignment : bf16ViewAlignment;
  const placed = new Map<string, PlacedParameter>();
  const flats: Writable<Flat>[] = [];
  const place = (spec: ParameterSpec) => {
    const dtype = weights === 'bf16' && spec.decay ? 'bf16' : 'f32';
    requireTensorFits({ ...spec, dtype }, limits, 'use a smaller vocabulary or width');
    const size = sizeOf(spec.shape);
    const aligned = Math.ceil(size / alignment) * alignment;
    const most = Math.floor(largestTensor(limits) / widthOf(dtype) / alignment) * alignment;
    let flat = flats.at(-1);
    if (flat?.dtype !== dtype || flat.size + aligned > most)
      flats.push((flat = { index: flats.length, dtype, size: 0, decayEnd: 0, lookedUpEnd: 0 }));
    placed.set(spec.name, { ...spec, flat, offset: flat.size, size });
    flat.size += aligned;
    if (spec.decay) flat.decayEnd = flat.size;
    if (spec.tokenRows === 'looked-up') flat.lookedUpEnd = flat.size;
  };
  const cut = new Map(
    specs.map((spec) => [spec, cutRows(spec, limits, weights === 'bf16' ? 'bf16' : 'f32')]),
  );
  const placeAll = (wanted: (spec: ParameterSpec) => boolean) =>
    specs.filter(wanted).forEach((spec) => cut.get(spec)!.forEach(place));
  const lookedUp = (spec: ParameterSpec) => spec.tokenRows === 'looked-up';
  placeAll((spec) => spec.decay && lookedUp(spec));
  placeAll((spec) => spec.decay && !lookedUp(spec));
  placeAll((spec) => !spec.decay);
  const named = specs.map((spec): NamedParameter => {
    const pieces = cut.get(spec)!.map(({ name }) => placed.get(name)!);
    return { ...spec, size: sizeOf(spec.shape), pieces };
  });
  const parameters = named.flatMap(({ pieces }) => pieces);
  return { weights, named, parameters, flats, count: named.reduce((sum, { size }) => sum + size, 0) };
}

/** A parameter in as few and as equal pieces as can be bound; only a matrix with a row for each token is cut. */
function cutRows(spec: ParameterSpec, limits: MemoryLimits, dtype: 'f32' | 'bf16'): readonly ParameterSpec[] {
  const { name, shape, tokenRows } = spec;
  const largest = largestTensor(limits);
  if (!tokenRows || bytesOf({ shape, dtype }) <= largest) return [spec];
  const [rows, columns] = shape as [number, number];
  const most = Math.floor(largest / (widthOf(dtype) * columns * pieceRows)) * pieceRows;
  if (most === 0) return [spec]; // refused where it is placed
  const each = Math.ceil(rows / Math.ceil(rows / most) / pieceRows) * pieceRows;
  return Array.from({ length: Math.ceil(rows / each) }, (_, index) => {
    const [first, end] = [index * each, Math.min(rows, (index + 1) * each)];
    return { ...spec, name: `${name}[${first}:${end}]`, shape: [end - first, columns] };
  });
}

/** The numbers of each piece of a parameter, of which `data` has all. */
export function dataByPiece(
  { pieces }: NamedParameter,
  data: Float32Array,
): (readonly [piece: PlacedParameter, data: Float32Array])[] {
  let end = 0;
  return pieces.map((piece) => [piece, data.subarray(end, (end += piece.size))] as const);
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** Name of the first flat variable that holds parameters. */
export const parametersName = 'parameters';

/** The name, in a store, of the variable `name` of a flat: one that has a variable for each. */
export function flatName(name: string, { index }: Flat): string {
  return index === 0 ? name : `${name}.${index}`;
}

/** Declares the flat variables in a graph, and each parameter as a view: of one, or of its copy in bf16. */
export function declareParameters(
  graph: Graph,
  layout: ParameterLayout,
): { flats: readonly Tensor[]; views: Parameters } {
  const flats = layout.flats.map((flat) =>
    graph.variable(flatName(parametersName, flat), [flat.size], flat.dtype),
  );
  const copies = layout.weights === 'bf16-copy' ? copiesInBf16(graph, flats, layout) : [];
  const views: Record<string, Tensor> = {};
  for (const { name, flat, offset, shape } of layout.parameters) {
    const copied = copies[flat.index] && offset >= flat.lookedUpEnd && offset < flat.decayEnd;
    views[name] = copied
      ? graph.view(copies[flat.index]!, offset - flat.lookedUpEnd, shape, name)
      : graph.view(flats[flat.index]!, offset, shape, name);
  }
  return { flats, views };
}

/** Of each flat, what products read; null where they read nothing. One dispatch each. */
function copiesInBf16(
  graph: Graph,
  flats: readonly Tensor[],
  layout: ParameterLayout,
): readonly (Tensor | null)[] {
  return layout.flats.map(({ index, lookedUpEnd, decayEnd }) => {
    const size = decayEnd - lookedUpEnd;
    return size > 0 ? toBf16(graph, graph.view(flats[index]!, lookedUpEnd, [size], 'matrices')) : null;
  });
}

/** A variable in f32 of each flat's size. */
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
