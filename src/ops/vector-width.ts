/**
 * Kernels that compute on single numbers or on four at a time. Such a kernel declares `alias Element = f32;` and counts
 * in Elements; with the alias vec4<f32> the same code does four numbers per invocation, two to four times as fast on
 * software adapters and with wider loads on GPUs. Where it must know the width it declares `const WIDTH: u32 = 1u;`.
 */
import type { Shader, Variant } from '../gpu/shader.ts';

export type Width = 1 | 4;

/** The widest vectors that fit: 4 if the kernel can and all `counts` are multiples of 4. */
export function vectorWidth(shader: Shader, counts: readonly number[]): Width {
  return shader.source.includes('\nalias Element = f32;') && counts.every((count) => count % 4 === 0) ? 4 : 1;
}

/** The declarations of a kernel of this width, with other constants. */
export function widened(shader: Shader, width: Width, constants: Variant['constants'] = {}): Variant {
  if (width === 1) return { constants };
  const knowsWidth = shader.source.includes('\nconst WIDTH: u32 = 1u;');
  return {
    constants: knowsWidth ? { ...constants, WIDTH: width } : constants,
    aliases: { Element: 'vec4<f32>' },
  };
}
