/** bf16 storage, two numbers a word: activations kept for backward, and weights as the products read them. */
import packSource from '../../shaders/bf16-pack.wgsl?raw';
import unpackSource from '../../shaders/bf16-unpack.wgsl?raw';
import { defineShader, type Shader } from '../gpu/shader.ts';
import { bf16Bits, bf16Value } from '../graph/bf16.ts';
import type { Graph } from '../graph/graph.ts';
import type { ActivationCodec } from '../graph/recompute.ts';
import { flatGrid, type Dispatch, type LoweringContext, type Operation } from '../graph/operation.ts';
import { sizeOf, type DType, type Tensor } from '../graph/tensor.ts';

const packShader = defineShader('bf16-pack', packSource);
const unpackShader = defineShader('bf16-unpack', unpackSource);

const narrow: Operation<null> = {
  name: 'toBf16',
  infer: ([x]) => [{ shape: typed(x!, 'f32').shape, dtype: 'bf16' }],
  reference: ([x]) => [x!.map((value) => bf16Value(bf16Bits(value)))],
  lower: ({ inputs: [x], outputs: [packed] }, context) =>
    byWords(packShader, { x: x!, packed: packed! }, context),
};

const widen: Operation<null> = {
  name: 'fromBf16',
  infer: ([packed]) => [{ shape: typed(packed!, 'bf16').shape, dtype: 'f32' }],
  reference: ([packed]) => [packed!.slice()],
  lower: ({ inputs: [packed], outputs: [x] }, context) =>
    byWords(unpackShader, { packed: packed!, x: x! }, context),
};

function typed<Type extends { readonly dtype: DType }>(x: Type, expected: DType): Type {
  if (x.dtype === expected) return x;
  throw new TypeError(`bf16: x has the wrong type, got ${x.dtype}, expected ${expected}`);
}

/** One invocation for each word. */
function byWords(
  shader: Shader,
  bindings: { readonly x: Tensor; readonly packed: Tensor },
  { limits }: LoweringContext,
): Dispatch[] {
  const elements = sizeOf(bindings.x.shape);
  const n = Math.ceil(elements / 2);
  return [{ shader, bindings, params: { n, elements }, workgroups: flatGrid(n, 64, limits) }];
}

/** x of any shape, rounded to the nearest bf16. Not differentiable. */
export function toBf16(graph: Graph, x: Tensor): Tensor {
  return graph.apply(narrow, [x], null)[0]!;
}

/** x in bf16 as f32, exactly. Not differentiable. */
export function fromBf16(graph: Graph, x: Tensor): Tensor {
  return graph.apply(widen, [x], null)[0]!;
}

/** Activations kept for backward in bf16. */
export const bf16Codec: ActivationCodec = { pack: toBf16, unpack: fromBf16 };
