/** bf16 storage, two numbers a word: activations that backward will read lie in half the bytes meanwhile. */
import packSource from '../../shaders/bf16-pack.wgsl?raw';
import unpackSource from '../../shaders/bf16-unpack.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { ActivationCodec } from '../graph/recompute.ts';
import { flatGrid, type Operation } from '../graph/operation.ts';
import { sizeOf, type Shape, type Tensor } from '../graph/tensor.ts';

const packShader = defineShader('bf16-pack', packSource);
const unpackShader = defineShader('bf16-unpack', unpackSource);

/** The bf16 nearest to a number, ties to even, as its 16 bits. */
export function bf16Bits(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

const pack: Operation<null> = {
  name: 'packBf16',
  infer: ([x]) => [{ shape: [Math.ceil(sizeOf(x!.shape) / 2)], dtype: 'u32' }],
  reference: ([x], { outputs }) => [
    Float64Array.from(
      { length: outputs[0]!.shape[0]! },
      (_, i) => bf16Bits(x![2 * i]!) + 2 ** 16 * (2 * i + 1 < x!.length ? bf16Bits(x![2 * i + 1]!) : 0),
    ),
  ],
  lower({ inputs: [x], outputs: [packed] }, { limits }) {
    const [n, elements] = [packed!.shape[0]!, sizeOf(x!.shape)];
    const bindings = { x: x!, packed: packed! };
    return [{ shader: packShader, bindings, params: { n, elements }, workgroups: flatGrid(n, 64, limits) }];
  },
};

const unpack: Operation<{ shape: Shape }> = {
  name: 'unpackBf16',
  infer: (_, { shape }) => [{ shape, dtype: 'f32' }],
  reference([packed], { attributes: { shape } }) {
    const words = Uint32Array.from({ length: sizeOf(shape) }, (_, i) => {
      const word = packed![i >> 1]!;
      return i % 2 === 0 ? (word % 2 ** 16) * 2 ** 16 : Math.floor(word / 2 ** 16) * 2 ** 16;
    });
    return [Float64Array.from(new Float32Array(words.buffer))];
  },
  lower({ inputs: [packed], outputs: [x] }, { limits }) {
    const [n, elements] = [packed!.shape[0]!, sizeOf(x!.shape)];
    const bindings = { packed: packed!, x: x! };
    return [{ shader: unpackShader, bindings, params: { n, elements }, workgroups: flatGrid(n, 64, limits) }];
  },
};

/** x of any shape, rounded to bf16: u32 (⌈n / 2⌉), the even elements in the low halves. Not differentiable. */
export function packBf16(graph: Graph, x: Tensor): Tensor {
  return graph.apply(pack, [x], null)[0]!;
}

/** What `packBf16` packed, as f32 of the given shape. Not differentiable. */
export function unpackBf16(graph: Graph, packed: Tensor, shape: Shape): Tensor {
  return graph.apply(unpack, [packed], { shape })[0]!;
}

/** Activations kept for backward in bf16. */
export const bf16Codec: ActivationCodec = { pack: packBf16, unpack: unpackBf16 };
