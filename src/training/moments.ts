/** The optimizer's moments on the GPU, in f32 or, for matrices, in 8 bits; and between there and named f32 tensors. */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { VariableStore } from '../graph/variable-store.ts';
import type { ParameterLayout, PlacedParameter } from '../models/parameter-layout.ts';
import { adamw8bit } from '../ops/adamw-8bit.ts';
import { adamw, type AdamWAttributes } from '../ops/adamw.ts';
import { blockSize, decodeMoments, encodeMoments } from '../ops/small-float.ts';

export type MomentKind = 'firstMoment' | 'secondMoment';
export type MomentStorage = 'f32' | '8bit';

const names = { firstMoment: 'optimizer.exp_avg', secondMoment: 'optimizer.exp_avg_sq' } as const;
const codesOf = (kind: MomentKind) => `${names[kind]}.codes`;
const scalesName = 'optimizer.scales';
const smallKind = { firstMoment: 'first', secondMoment: 'second' } as const;

export interface UpdateTensors {
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly scalars: Tensor;
  readonly norm: Tensor;
}

/** Elements whose moments are in 8 bits: the matrices, which lie first. Biases and norms stay f32: they are few. */
function smallEnd({ decayEnd }: ParameterLayout, storage: MomentStorage): number {
  return storage === '8bit' ? decayEnd : 0;
}

/** Adds the update of all parameters, with the moments as variables. */
export function addAdamW(
  graph: Graph,
  tensors: UpdateTensors,
  layout: ParameterLayout,
  attributes: Omit<AdamWAttributes, 'decayEnd'>,
  storage: MomentStorage,
): void {
  const { size, decayEnd } = layout;
  const end = smallEnd(layout, storage);
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
    const firstMoment = graph.variable(codesOf('firstMoment'), [end / 4], 'u32');
    const secondMoment = graph.variable(codesOf('secondMoment'), [end / 4], 'u32');
    const scales = graph.variable(scalesName, [2, Math.ceil(end / blockSize)]);
    const small = { ...range(0, end), firstMoment, secondMoment, scales };
    adamw8bit(graph, small, { ...attributes, decayEnd: end });
  }
  if (end === size) return;
  const firstMoment = graph.variable(names.firstMoment, [size - end]);
  const secondMoment = graph.variable(names.secondMoment, [size - end]);
  adamw(
    graph,
    { ...range(end, size), firstMoment, secondMoment },
    { ...attributes, decayEnd: decayEnd - end },
  );
}

/** One parameter's moment. */
export async function readMoment(
  store: VariableStore,
  layout: ParameterLayout,
  storage: MomentStorage,
  kind: MomentKind,
  { offset, size }: PlacedParameter,
): Promise<Float32Array> {
  const end = smallEnd(layout, storage);
  if (offset >= end) return store.read(names[kind], offset - end, size);
  const words = await store.read(codesOf(kind), offset / 4, Math.ceil(size / 4));
  const block = Math.floor(offset / blockSize);
  const blocks = Math.ceil((offset + size) / blockSize) - block;
  const scales = await store.read(scalesName, firstScale(kind, end) + block, blocks);
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
  const end = smallEnd(layout, storage);
  // Blocks reach across parameters: all matrices are encoded together.
  const flat = new Float32Array(end);
  for (const [{ offset }, data] of moments) {
    if (offset < end) flat.set(data, offset);
    else store.write(names[kind], data, offset - end);
  }
  if (end === 0) return;
  const { codes, scales } = encodeMoments(smallKind[kind], flat);
  store.write(codesOf(kind), new Uint32Array(codes.buffer));
  store.write(scalesName, scales, firstScale(kind, end));
}

/** Where the scales of one kind begin. */
function firstScale(kind: MomentKind, end: number): number {
  return kind === 'firstMoment' ? 0 : Math.ceil(end / blockSize);
}
