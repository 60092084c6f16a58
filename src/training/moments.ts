/** The optimizer's moments on the GPU, in f32 or, for matrices, in 8 bits; and between there and named f32 tensors. */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { VariableStore } from '../graph/variable-store.ts';
import {
  flatName,
  type Flat,
  type ParameterLayout,
  type PlacedParameter,
} from '../models/parameter-layout.ts';
import { adamw8bit } from '../ops/adamw-8bit.ts';
import { adamw, type AdamWAttributes } from '../ops/adamw.ts';
import { blockSize, decodeMoments, encodeMoments } from '../ops/small-float.ts';

export type MomentKind = 'firstMoment' | 'secondMoment';
export type MomentStorage = 'f32' | '8bit';

const names = { firstMoment: 'optimizer.exp_avg', secondMoment: 'optimizer.exp_avg_sq' } as const;
const momentsOf = (kind: MomentKind, flat: Flat) => flatName(names[kind], flat);
const codesOf = (kind: MomentKind, flat: Flat) => flatName(`${names[kind]}.codes`, flat);
const scalesOf = (flat: Flat) => flatName('optimizer.scales', flat);
const smallKind = { firstMoment: 'first', secondMoment: 'second' } as const;

export interface UpdateTensors {
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly scalars: Tensor;
  readonly norm: Tensor;
}

/** Elements whose moments are in 8 bits: the matrices, which lie first. Biases and norms stay f32: they are few. */
function smallEnd({ decayEnd }: Flat, storage: MomentStorage): number {
  return storage === '8bit' ? decayEnd : 0;
}

/** Adds the update of one flat of parameters, with the moments as variables. */
export function addAdamW(
  graph: Graph,
  tensors: UpdateTensors,
  flat: Flat,
  attributes: Omit<AdamWAttributes, 'decayEnd'>,
  storage: MomentStorage,
): void {
  const { size, decayEnd } = flat;
  const end = smallEnd(flat, storage);
  const part = (tensor: Tensor, from: number, to: number) =>
    to - from === size ? tensor : graph.view(tensor, from, [to - from], tensor.name);
  const { parameters, gradients, scalars, norm } = tensors;
  const range = (from: number, to: number) => ({
    parameters: part(parameters, from, to),
    gradients: part(gradients, from, to),
    scalars,
    norm,
  });
  if (end > 0) {
    const firstMoment = graph.variable(codesOf('firstMoment', flat), [end / 4], 'u32');
    const secondMoment = graph.variable(codesOf('secondMoment', flat), [end / 4], 'u32');
    const scales = graph.variable(scalesOf(flat), [2, Math.ceil(end / blockSize)]);
    const small = { ...range(0, end), firstMoment, secondMoment, scales };
    adamw8bit(graph, small, { ...attributes, decayEnd: end });
  }
  if (end === size) return;
  const firstMoment = graph.variable(momentsOf('firstMoment', flat), [size - end]);
  const secondMoment = graph.variable(momentsOf('secondMoment', flat), [size - end]);
  adamw(
    graph,
    { ...range(end, size), firstMoment, secondMoment },
    { ...attributes, decayEnd: decayEnd - end },
  );
}

/** One parameter's moment. */
export async function readMoment(
  store: VariableStore,
  storage: MomentStorage,
  kind: MomentKind,
  { flat, offset, size }: PlacedParameter,
): Promise<Float32Array> {
  const end = smallEnd(flat, storage);
  if (offset >= end) return store.read(momentsOf(kind, flat), offset - end, size);
  const words = await store.read(codesOf(kind, flat), offset / 4, Math.ceil(size / 4));
  const block = Math.floor(offset / blockSize);
  const blocks = Math.ceil((offset + size) / blockSize) - block;
  const scales = await store.read(scalesOf(flat), firstScale(kind, end) + block, blocks);
  const codes = new Uint8Array(words.buffer, words.byteOffset, size);
  return decodeMoments(smallKind[kind], { codes, scales }, offset - block * blockSize);
}

/** Writes all moments of one kind, given by parameter. */
export function writeMoments(
  store: VariableStore,
  layout: ParameterLayout,
  storage: MomentStorage,
  kind: MomentKind,
  moments: ReadonlyMap<PlacedParameter, Float32Array>,
): void {
  for (const flat of layout.flats) {
    const end = smallEnd(flat, storage);
    // Blocks reach across parameters: a flat's matrices are encoded together.
    const matrices = new Float32Array(end);
    for (const [parameter, data] of moments) {
      if (parameter.flat !== flat) continue;
      if (parameter.offset < end) matrices.set(data, parameter.offset);
      else store.write(momentsOf(kind, flat), data, parameter.offset - end);
    }
    if (end === 0) continue;
    const { codes, scales } = encodeMoments(smallKind[kind], matrices);
    store.write(codesOf(kind, flat), new Uint32Array(codes.buffer));
    store.write(scalesOf(flat), scales, firstScale(kind, end));
  }
}

/** Where the scales of one kind begin. */
function firstScale(kind: MomentKind, end: number): number {
  return kind === 'firstMoment' ? 0 : Math.ceil(end / blockSize);
}
