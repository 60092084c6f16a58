/** Writes new keys or values into their cache, in place: generation's memory of what it has read. */
import source from '../../shaders/cache-write-forward.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Graph } from '../graph/graph.ts';
import { flatGrid, type Operation } from '../graph/operation.ts';
import { checkShape, sizeOf, type Tensor } from '../graph/tensor.ts';

const shader = defineShader('cache-write-forward', source);

const operation: Operation<null> = {
  name: 'cacheWrite',
  inPlace: { 0: 0 },
  infer([cache, x, starts]) {
    const [batch, , heads, size] = cache!.shape;
    checkShape('cacheWrite', 'x', x!.shape, [batch!, null, heads!, size!]);
    checkShape('cacheWrite', 'starts', starts!.shape, [batch!]);
    return [{ shape: cache!.shape, dtype: 'f32' }];
  },
  reference([cache, x, starts], { inputs }) {
    const [batch, capacity, heads, size] = inputs[0]!.shape as [number, number, number, number];
    const time = inputs[1]!.shape[1]!;
    const row = heads * size;
    const result = cache!.slice();
    for (let b = 0; b < batch; b++) {
      for (let t = 0; t < time && starts![b]! + t < capacity; t++) {
        const from = (b * time + t) * row;
        result.set(x!.subarray(from, from + row), (b * capacity + starts![b]! + t) * row);
      }
    }
    return [result];
  },
  lower({ inputs: [cache, x, starts] }, { limits }) {
    const [batch, capacity, heads, size] = cache!.shape as [number, number, number, number];
    return [
      {
        shader,
        bindings: { x: x!, starts: starts!, cache: cache! },
        params: { batch, time: x!.shape[1]!, row: heads * size, capacity },
        workgroups: flatGrid(sizeOf(x!.shape), 64, limits),
      },
    ];
  },
};

/**
 * cache (B, S, K, D) variable; x (B, T, K, D) goes to rows `starts[b] + t` (starts: i32 (B)); rows past S are dropped.
 * Returns the cache as it is afterwards.
 */
export function cacheWrite(graph: Graph, cache: Tensor, x: Tensor, starts: Tensor): Tensor {
  return graph.apply(operation, [cache, x, starts], null)[0]!;
}
