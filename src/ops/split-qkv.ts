/** The fused projection of attention cut into q, k, v, with rotary position embedding of q and k in the same pass. */
import splitQkvBackward from '../../shaders/split-qkv-backward.wgsl?raw';
import splitQkvForward from '../../shaders/split-qkv-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import type { Operation } from '../graph/operation.ts';
import { checkShape, sizeOf, type Shape, type Tensor } from '../graph/tensor.ts';
import { filled } from './filled.ts';
import { checkRotary, rotateHead, rotaryTables, type Rotary } from './rotary-table.ts';
import { rowDispatch } from './row-kernel.ts';

const forward = defineShader('split-qkv-forward', splitQkvForward);
const backward = defineShader('split-qkv-backward', splitQkvBackward);

export interface SplitQkvOptions extends Rotary {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly headSize: number;
  /** Order within a fused row: q | k | v of each head in turn (GPT-NeoX), or all of q, all of k, all of v (OpenLM). */
  readonly layout: 'per-head' | 'thirds';
}

const operation: Operation<SplitQkvOptions> = {
  name: 'splitQkv',
  infer([qkv], options) {
    const { batch, time, heads, headSize } = options;
    checkShape('splitQkv', 'qkv', qkv!.shape, [batch * time, 3 * heads * headSize]);
    checkRotary('splitQkv', options, headSize);
    return [0, 1, 2].map(() => ({ shape: headsShape(options), dtype: 'f32' as const }));
  },
  reference([qkv, cosines, sines], { attributes }) {
    const parts = [0, 1, 2].map(() => new Float64Array(sizeOf(headsShape(attributes))));
    eachHead(attributes, ({ part, source, target, time }) => {
      const head = parts[part]!.subarray(target, target + attributes.headSize);
      head.set(qkv!.subarray(source, source + attributes.headSize));
      if (part < 2) rotateHead(head, cosines!, sines!, time, attributes.rotaryDimensions / 2, 1);
    });
    return parts;
  },
  lower({ inputs: [qkv, cosines, sines], outputs: [q, k, v], attributes }, context) {
    const bindings = { qkv: qkv!, cosines: cosines!, sines: sines!, q: q!, k: k!, v: v! };
    return [rowDispatch({ shader: forward, bindings, ...spread(attributes) }, context)];
  },
  backward({ graph, node: { inputs, attributes }, outputGradients }) {
    const [dq, dk, dv] = outputGradients.map(
      (gradient) => gradient ?? filled(graph, 0, headsShape(attributes)),
    );
    return [graph.apply(gradient, [dq!, dk!, dv!, inputs[1]!, inputs[2]!], attributes)[0]!, null, null];
  },
};

const gradient: Operation<SplitQkvOptions> = {
  name: 'splitQkvBackward',
  infer: (_, { batch, time, heads, headSize }) => [
    { shape: [batch * time, 3 * heads * headSize], dtype: 'f32' },
  ],
  reference([dq, dk, dv, cosines, sines], { attributes }) {
    const dqkv = new Float64Array(3 * dq!.length);
    eachHead(attributes, ({ part, source, target, time }) => {
      const head = [dq!, dk!, dv!][part]!.slice(target, target + attributes.headSize);
      if (part < 2) rotateHead(head, cosines!, sines!, time, attributes.rotaryDimensions / 2, -1);
      dqkv.set(head, source);
    });
    return [dqkv];
  },
  lower({ inputs: [dq, dk, dv, cosines, sines], outputs: [dqkv], attributes }, context) {
    const bindings = { dq: dq!, dk: dk!, dv: dv!, cosines: cosines!, sines: sines!, dqkv: dqkv! };
    return [rowDispatch({ shader: backward, bindings, ...spread(attributes) }, context)];
  },
};

function headsShape({ batch, time, heads, headSize }: SplitQkvOptions): Shape {
  return [batch, time, heads, headSize];
}

/** Distance in a fused row from q to k to v of one head, and from one head to the next. */
function strides({ heads, headSize, layout }: SplitQkvOptions): { part: number; head: number } {
  return layout === 'per-head'
    ? { part: headSize, head: 3 * headSize }
    : { part: heads * headSize, head: headSize };
}

/** What the kernels go by: one row per head of each position. */
function spread(options: SplitQkvOptions) {
  const { batch, time, heads, headSize, rotaryDimensions } = options;
  const { part, head } = strides(options);
  return {
    rows: batch * time * heads,
    columns: headSize,
    params: { time, heads },
    counts: { half: rotaryDimensions / 2, part_stride: part, head_stride: head },
  };
}

/** Every head of every part: where it starts in the fused matrix and in its own tensor, and its time. */
function eachHead(
  options: SplitQkvOptions,
  visit: (head: { part: number; source: number; target: number; time: number }) => void,
): void {
  const { batch, time, heads, headSize } = options;
  const stride = strides(options);
  for (let row = 0; row < batch * time; row++) {
    for (let h = 0; h < heads; h++) {
      for (let part = 0; part < 3; part++) {
        const source = row * 3 * heads * headSize + h * stride.head + part * stride.part;
        visit({ part, source, target: (row * heads + h) * headSize, time: row % time });
      }
    }
  }
}

/**
 * qkv (B·T, 3·H·D) as q, k, v, each (B, T, H, D); q and k rotated by their position t, or by row t of `tables` (cos and
 * sin, (T, rotaryDimensions / 2)).
 */
export function splitQkv(
  graph: Graph,
  qkv: Tensor,
  options: SplitQkvOptions,
  tables: readonly [Tensor, Tensor] = rotaryTables(graph, options.time, options),
): [q: Tensor, k: Tensor, v: Tensor] {
  return graph.apply(operation, [qkv, ...tables], options) as [Tensor, Tensor, Tensor];
}
