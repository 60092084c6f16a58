import { describe, expect, it } from 'vitest';
import { defineShader, packParams, specialize } from '../../src/gpu/shader.ts';
import { testGpu } from './device.ts';

const source = `// y = a · x
struct Params {
  n: u32, // numbers
  factor: f32,
  shift: i32,
}
alias Element = f32;
const SIZE: u32 = 64u;
const FLAG: bool = false;
@group(0) @binding(0) var<storage, read> x: array<Element>;
@group(0) @binding(1) var<storage, read_write> y: array<Element>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.n) { y[id.x] = x[id.x] * params.factor; }
}
`;

describe('defineShader', () => {
  it('reads bindings and params from the source', () => {
    const shader = defineShader('scale', source);
    expect(shader.bindings).toEqual([
      { name: 'x', binding: 0, access: 'read' },
      { name: 'y', binding: 1, access: 'read_write' },
      { name: 'params', binding: 2, access: 'uniform' },
    ]);
    expect(shader.params.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'n: u32',
      'factor: f32',
      'shift: i32',
    ]);
  });

  it('refuses a source without bindings, without main, or with params that are not scalars', () => {
    expect(() => defineShader('a', '@compute fn main() {}')).toThrow(/no bindings/);
    expect(() => defineShader('b', source.replace('fn main', 'fn other'))).toThrow(/no compute entry point/);
    expect(() => defineShader('c', source.replace('n: u32', 'n: vec2<u32>'))).toThrow(
      /field "n: vec2<u32>" of Params/,
    );
  });
});

describe('specialize', () => {
  it('substitutes declared values only', () => {
    const shader = defineShader('scale', source);
    const variant = specialize(shader, {
      constants: { SIZE: 32, FLAG: true },
      aliases: { Element: 'vec4<f32>' },
    });
    expect(variant).toContain('const SIZE: u32 = 32u;');
    expect(variant).toContain('const FLAG: bool = true;');
    expect(variant).toContain('alias Element = vec4<f32>;');
    expect(() => specialize(shader, { constants: { WIDTH: 1 } })).toThrow(/declares no const WIDTH/);
  });
});

describe('packParams', () => {
  it('lays fields out in order, and refuses missing and unknown ones', () => {
    const shader = defineShader('scale', source);
    const view = new DataView(packParams(shader, { n: 7, factor: 0.5, shift: -2 }));
    expect([view.getUint32(0, true), view.getFloat32(4, true), view.getInt32(8, true)]).toEqual([7, 0.5, -2]);
    expect(() => packParams(shader, { n: 7, factor: 1 })).toThrow(/no value for Params.shift/);
    expect(() => packParams(shader, { n: 7, factor: 1, shift: 0, more: 1 })).toThrow(/no field more/);
  });
});

describe('PipelineCache', () => {
  it('compiles a variant once, and shows the line of an error', async () => {
    const { pipelines } = await testGpu();
    const shader = defineShader('scale', source);
    expect(await pipelines.get(shader, {})).toBe(await pipelines.get(shader, {}));
    const broken = defineShader('broken', source.replace('params.factor', 'params.missing'));
    await expect(pipelines.get(broken, {})).rejects.toThrow(/broken\.wgsl:15:\d+ [^]*params\.missing/);
  });
});
