/**
 * How attention meets the tokens: over full sequences (training, scoring, reading a prompt) or one new token per
 * sequence over a cache of keys and values (generation). A family is written once, against this interface.
 */
import type { Graph } from '../graph/graph.ts';
import type { Tensor } from '../graph/tensor.ts';
import { cacheWrite } from '../ops/cache-write.ts';
import { cachedAttention } from '../ops/cached-attention.ts';
import { causalAttention } from '../ops/causal-attention.ts';
import { reshape } from '../ops/reshape.ts';
import { rotaryTables, type Rotary } from '../ops/rotary-table.ts';
import { rotary } from '../ops/rotary.ts';
import { selectRows } from '../ops/select-rows.ts';
import { splitQkv, type SplitQkvOptions } from '../ops/split-qkv.ts';
import type { BatchShape } from './family.ts';

export interface AttentionPath {
  readonly shape: BatchShape;
  /** Fused projection (B·T, 3·H·D) → q, k, v, each (B, T, H, D), q and k rotated by their positions. */
  splitQkv(
    graph: Graph,
    qkv: Tensor,
    options: Omit<SplitQkvOptions, 'batch' | 'time'>,
  ): [q: Tensor, k: Tensor, v: Tensor];
  /** x (B, T, H, D) rotated by its positions. */
  rotary(graph: Graph, x: Tensor, options: Rotary): Tensor;
  /** q (B, T, H, D), k and v (B, T, K, D) → (B, T, H, D). */
  attend(graph: Graph, layer: number, q: Tensor, k: Tensor, v: Tensor, scale: number): Tensor;
}

/** Keys and values of every layer, variables (B, S, K, D). */
export interface KeyValueCache {
  readonly keys: readonly Tensor[];
  readonly values: readonly Tensor[];
}

/** All T tokens of each sequence at once, positions 0 … T−1. */
export function fullSequences(shape: BatchShape): AttentionPath {
  return {
    shape,
    splitQkv: (graph, qkv, options) => splitQkv(graph, qkv, { ...options, ...shape }),
    rotary,
    attend: (graph, _layer, q, k, v, scale) => causalAttention(graph, q, k, v, { scale }),
  };
}

/** As `fullSequences`, and keeps every key and value in the cache from row 0 on. */
export function promptIntoCache(shape: BatchShape, cache: KeyValueCache, graph: Graph): AttentionPath {
  const starts = graph.constant('prompt starts', new Int32Array(shape.batch));
  const path = fullSequences(shape);
  return {
    ...path,
    attend(_, layer, q, k, v, scale) {
      cacheWrite(graph, cache.keys[layer]!, k, starts);
      cacheWrite(graph, cache.values[layer]!, v, starts);
      return path.attend(graph, layer, q, k, v, scale);
    },
  };
}

/**
 * One token per sequence at `positions` (B) i32, seeing the cache's rows up to and including its own; `lengths` =
 * positions + 1. `capacity` is the cache's S.
 */
export function oneTokenOverCache(
  batch: number,
  capacity: number,
  cache: KeyValueCache,
  positions: Tensor,
  lengths: Tensor,
): AttentionPath {
  // The kernels rotate row n by table row n mod T: with one sequence of B "times" each row gets its own.
  const tables = (graph: Graph, options: Rotary): [Tensor, Tensor] => {
    const [cosines, sines] = rotaryTables(graph, capacity, options);
    return [selectRows(graph, cosines, positions), selectRows(graph, sines, positions)];
  };
  const perSequence = (graph: Graph, x: Tensor) => reshape(graph, x, [batch, 1, x.shape[2]!, x.shape[3]!]);
  return {
    shape: { batch, time: 1 },
    splitQkv(graph, qkv, options) {
      const parts = splitQkv(graph, qkv, { ...options, batch: 1, time: batch }, tables(graph, options));
      return parts.map((part) => perSequence(graph, part)) as [Tensor, Tensor, Tensor];
    },
    rotary(graph, x, options) {
      const asOneSequence = reshape(graph, x, [1, batch, x.shape[2]!, x.shape[3]!]);
      return perSequence(graph, rotary(graph, asOneSequence, options, tables(graph, options)));
    },
    attend(graph, layer, q, k, v, scale) {
      const keys = cacheWrite(graph, cache.keys[layer]!, k, positions);
      const values = cacheWrite(graph, cache.values[layer]!, v, positions);
      return cachedAttention(graph, q, keys, values, lengths, { scale });
    },
  };
}
