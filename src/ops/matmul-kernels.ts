/** The matmul kernels: which variant runs for a shape, and its dispatches. Operations share them by `matmulDispatch`. */
import register8x8 from '../../shaders/matmul-register-8x8.wgsl?raw';
import { defineShader } from '../gpu/shader.ts';
import type { Dispatch, LoweringContext } from '../graph/operation.ts';
import type { Tensor } from '../graph/tensor.ts';

/**
 * How A and B lie in memory: `nn` A (m, k), B (k, n) · `nt` A (m, k), B (n, k) · `tn` A (k, m), B (k, n).
 * With y = x·Wᵀ, W (out, in): forward is `nt`, dx = dy·W is `nn`, dW = dyᵀ·x is `tn`.
 */
export type MatmulLayout = 'nn' | 'nt' | 'tn';

export interface MatmulDescription {
  readonly layout: MatmulLayout;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Tensor;
  readonly b: Tensor;
  /** (batch, m, n), written whole. */
  readonly c: Tensor;
  /** (n), added to every row. */
  readonly bias?: Tensor | null;
  /** Independent products, one after the other in memory; 1 unless given. */
  readonly batch?: number;
}

const shader = defineShader('matmul-register-8x8', register8x8);

/** Dispatches that compute C = A·B (+ bias). */
export function matmulDispatch(description: MatmulDescription, context: LoweringContext): Dispatch[] {
  const { layout, m, n, k, a, b, c, bias, batch = 1 } = description;
  context.choose(`matmul-${layout}`, [m, n, k], 'register-8x8');
  return [
    {
      shader,
      variant: { constants: { BIAS: Boolean(bias) } },
      bindings: { a, b, bias: bias ?? b, c },
      params: { m, n, k, ...strides(layout, m, n, k), slices: 1, slice: k },
      workgroups: [Math.ceil(n / 64), Math.ceil(m / 64), batch],
    },
  ];
}

/** Strides in elements, by the names the kernels use. */
export function strides(layout: MatmulLayout, m: number, n: number, k: number) {
  return {
    a_row: layout === 'tn' ? 1 : k,
    a_inner: layout === 'tn' ? m : 1,
    a_batch: m * k,
    b_column: layout === 'nt' ? k : 1,
    b_inner: layout === 'nt' ? 1 : n,
    b_batch: n * k,
  };
}
