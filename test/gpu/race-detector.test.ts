import { describe, expect, it } from 'vitest';
import { defineShader } from '../../src/gpu/shader.ts';
import type { Dispatch } from '../../src/graph/operation.ts';
import { Graph } from '../../src/graph/graph.ts';
import { testGpu } from './device.ts';
import { findRaces } from './race-detector.ts';
import { instrument } from './race-log.ts';

/** A workgroup of 8 that runs `body` with `tile` shared and `local` its invocation. */
function kernel(body: string): Dispatch {
  const source = `@group(0) @binding(0) var<storage, read_write> y: array<f32>;
var<workgroup> tile: array<f32, 8>;
@compute @workgroup_size(8)
fn main(@builtin(local_invocation_index) local: u32) {
  ${body}
}`;
  const y = new Graph().input('y', [8]);
  return { shader: defineShader('kernel', source), bindings: { y }, workgroups: [2, 1, 1] };
}

const cases = [
  { what: 'own elements', races: false, body: 'tile[local] = 1.0; y[local] = tile[local];' },
  { what: 'readers of one element', races: false, body: 'y[local] = tile[0];' },
  {
    what: 'a neighbour written before a barrier',
    races: false,
    body: 'tile[local] = 1.0; workgroupBarrier(); y[local] = tile[7u - local];',
  },
  {
    what: 'a neighbour written without a barrier',
    races: true,
    body: 'tile[local] = 1.0; y[local] = tile[7u - local];',
  },
  {
    what: 'a neighbour read, then overwritten',
    races: true,
    body: 'let x = tile[7u - local]; tile[local] = x;',
  },
  { what: 'one element written by all', races: true, body: 'tile[3] = f32(local);' },
  { what: 'a sum into one element', races: true, body: 'tile[3] += 1.0;' },
  {
    what: 'a loop that overwrites what others still read',
    races: true,
    body: 'for (var i = 0u; i < 2u; i++) { tile[local] = f32(i); workgroupBarrier(); y[local] = tile[7u - local]; }',
  },
];

describe('the race detector', () => {
  it.each(cases)('says $races of $what', async ({ races, body }) => {
    const found = await findRaces(await testGpu(), kernel(body));
    expect(found.accesses).toBeGreaterThan(0);
    expect(found.conflicts > 0).toBe(races);
    expect(found.arrays).toEqual(races ? ['tile'] : []);
  });

  it('refuses what it cannot follow: an array used other than by index', () => {
    const source =
      'var<workgroup> tile: array<f32, 8>;\n@compute @workgroup_size(8) fn main() { let all = tile; }';
    expect(() => instrument(source, [1, 1])).toThrow('tile is used in another way than tile[…]');
  });
});
