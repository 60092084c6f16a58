/**
 * The kernels of causal attention on three paths, written without each other so that tests can set them against each
 * other: `rows`, an invocation per row and no workgroup memory; `tiles`, a workgroup per block of rows that shares the
 * other side's rows in workgroup memory; `products`, matmuls over score matrices (causal-attention-products.ts).
 */
import deltaSource from '../../shaders/causal-attention-backward-delta.wgsl?raw';
import keyTilesSource from '../../shaders/causal-attention-backward-key-tiles.wgsl?raw';
import keySource from '../../shaders/causal-attention-backward-key.wgsl?raw';
import queryTilesSource from '../../shaders/causal-attention-backward-query-tiles.wgsl?raw';
import querySource from '../../shaders/causal-attention-backward-query.wgsl?raw';
import forwardTilesSource from '../../shaders/causal-attention-forward-tiles.wgsl?raw';
import forwardSource from '../../shaders/causal-attention-forward.wgsl?raw';
import { defineShader, type Variant } from '../gpu/shader.ts';
import { flatGrid, type Dispatch, type LoweringContext } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';
import { productsBackward, productsForward, scoreBytes } from './causal-attention-products.ts';

const delta = defineShader('causal-attention-backward-delta', deltaSource);
const shaders = {
  rows: {
    forward: defineShader('causal-attention-forward', forwardSource),
    query: defineShader('causal-attention-backward-query', querySource),
    key: defineShader('causal-attention-backward-key', keySource),
  },
  tiles: {
    forward: defineShader('causal-attention-forward-tiles', forwardTilesSource),
    query: defineShader('causal-attention-backward-query-tiles', queryTilesSource),
    key: defineShader('causal-attention-backward-key-tiles', keyTilesSource),
  },
};
/** Products of two head vectors for each query and key that meet: q·k and p·v; dy·v, ds·k too; p·dy, ds·q too. */
const productsPerPair = { forward: 2, query: 3, key: 4 } as const;
type RowPath = keyof typeof shaders;
type Pass = keyof typeof productsPerPair;
type Path = RowPath | 'products';

const workgroupSize = 64;
/** Longer tiles win nothing more: the barriers are already rare. */
const longestTile = 32;

export interface AttentionSizes {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
}

export interface ForwardTensors {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly y: Tensor;
  readonly logsumexp: Tensor;
}

export interface BackwardTensors extends ForwardTensors {
  readonly dy: Tensor;
  readonly dq: Tensor;
  readonly dk: Tensor;
  readonly dv: Tensor;
}

/** Dispatches that write y and logsumexp. */
export function attentionForwardDispatches(
  { q, k, v, y, logsumexp }: ForwardTensors,
  sizes: AttentionSizes,
  scale: number,
  context: LoweringContext,
): Dispatch[] {
  const path = choosePath('causal-attention-forward', sizes, context);
  const bindings = { q, k, v, y, logsumexp };
  if (path === 'products') return productsForward(bindings, sizes, scale, context);
  return [rowDispatch(path, 'forward', bindings, sizes, sizes.heads, scale, context)];
}

/** Dispatches: delta = rowsum(dy · y), then dq by query, then dk and dv by key. */
export function attentionBackwardDispatches(
  { q, k, v, y, logsumexp, dy, dq, dk, dv }: BackwardTensors,
  sizes: AttentionSizes,
  scale: number,
  context: LoweringContext,
): Dispatch[] {
  const { batch, time, heads, keyHeads, headSize } = sizes;
  const path = choosePath('causal-attention-backward', sizes, context);
  const rowDelta = context.scratch('delta', [batch, heads, time]);
  const read = { q, k, v, logsumexp, delta: rowDelta, dy };
  const deltaDispatch: Dispatch = {
    shader: delta,
    bindings: { y, dy, delta: rowDelta },
    params: { batch, time, heads, head_size: headSize },
    workgroups: flatGrid(batch * heads * time, workgroupSize, context.limits),
    flops: 2 * batch * heads * time * headSize,
  };
  if (path === 'products') {
    return [deltaDispatch, ...productsBackward({ ...read, dq, dk, dv }, sizes, scale, context)];
  }
  return [
    deltaDispatch,
    rowDispatch(path, 'query', { ...read, dq }, sizes, heads, scale, context),
    rowDispatch(path, 'key', { ...read, dk, dv }, sizes, keyHeads, scale, context),
  ];
}

/** An invocation for every (batch entry, head, position), in either path's grid. */
function rowDispatch(
  path: RowPath,
  pass: Pass,
  bindings: Dispatch['bindings'],
  sizes: AttentionSizes,
  rowHeads: number,
  scale: number,
  context: LoweringContext,
): Dispatch {
  const { batch, time, heads, keyHeads, headSize } = sizes;
  const width = headSize % 4 === 0 ? 4 : 1;
  const constants = { HEAD_SIZE: headSize, WIDTH: width };
  const tile: Variant['constants'] = path === 'tiles' ? { TILE: tileLength(headSize, context) } : {};
  const variant: Variant = {
    constants: { ...constants, ...tile },
    aliases: { Element: width === 4 ? 'vec4<f32>' : 'f32' },
  };
  const params = { batch, time, heads, key_heads: keyHeads, scale };
  const workgroups =
    path === 'tiles'
      ? ([Math.ceil(time / workgroupSize), rowHeads, batch] as const)
      : flatGrid(batch * rowHeads * time, workgroupSize, context.limits);
  return {
    shader: shaders[path][pass],
    variant,
    bindings,
    params: { ...params, ...(path === 'rows' ? { elements: headSize / width } : {}) },
    workgroups,
    flops: productsPerPair[pass] * 2 * headSize * batch * heads * ((time * (time + 1)) / 2),
  };
}

/** Rows of a tile: as many as fit workgroup memory, two vectors and two numbers each; 0 if not even one does. */
function tileLength(headSize: number, { limits }: LoweringContext): number {
  const fitting = Math.floor(limits.maxComputeWorkgroupStorageSize / (4 * (2 * headSize + 2)));
  const even = fitting >= 4 ? fitting - (fitting % 4) : fitting; // whole blocks of four keys
  return Math.min(longestTile, even);
}

/** Score matrices up to this size are worth their memory where `products` is the fastest path. */
const mostScoreBytes = 64 * 1024 * 1024;

function choosePath(kernel: string, sizes: AttentionSizes, context: LoweringContext): Path {
  const { batch, time, heads, keyHeads, headSize } = sizes;
  const tileable = tileLength(headSize, context) > 0;
  const path = context.choose(
    kernel,
    [batch, time, heads, keyHeads, headSize],
    fallbackPath(sizes, tileable, context),
    () => tunablePaths(sizes, tileable, context),
  );
  if (path !== 'rows' && path !== 'tiles' && path !== 'products') {
    throw new Error(`${kernel}: no path is named ${path}, expected rows, tiles or products`);
  }
  return path === 'tiles' && !tileable ? 'rows' : path;
}

/** On a software adapter the paths by row lose by far, and take long to compile. */
function tunablePaths(
  sizes: AttentionSizes,
  tileable: boolean,
  { profile, limits }: LoweringContext,
): Path[] {
  if (profile.software) return [];
  const affordable = scoreBytes(sizes) <= Math.min(mostScoreBytes, limits.maxStorageBufferBindingSize);
  return ['rows', ...(tileable ? (['tiles'] as const) : []), ...(affordable ? (['products'] as const) : [])];
}

function fallbackPath(sizes: AttentionSizes, tileable: boolean, { profile, limits }: LoweringContext): Path {
  const affordable = scoreBytes(sizes) <= Math.min(mostScoreBytes, limits.maxStorageBufferBindingSize);
  if (profile.software) return affordable ? 'products' : 'rows';
  return tileable ? 'tiles' : 'rows';
}
