import { describe, expect, it } from 'vitest';
import type { ParameterSpec } from '../../src/models/family.ts';
import { dataByPiece, flatName, layoutParameters } from '../../src/models/parameter-layout.ts';

function spec(name: string, shape: number[], decay: boolean): ParameterSpec {
  return { name, shape, decay, init: { kind: 'constant', value: 0 } };
}

const specs = [
  spec('embedding', [10, 31], true), // 310, 320 with its gap
  spec('norm', [31], false),
  spec('a', [64], true),
  spec('bias', [1], false),
  spec('b', [65], true), // 128 with its gap
];

function places(most: number) {
  const limits = { maxStorageBufferBindingSize: most * 4, maxBufferSize: Infinity };
  const { parameters, flats } = layoutParameters(specs, limits);
  return {
    parameters: parameters.map(({ name, flat, offset }) => `${name} ${flat.index}:${offset}`),
    flats: flats.map(({ size, decayEnd }) => [size, decayEnd]),
  };
}

describe('layoutParameters', () => {
  it('places decayed matrices first, all in one flat where that can be bound', () => {
    const whole = ['embedding 0:0', 'norm 0:512', 'a 0:320', 'bias 0:576', 'b 0:384'];
    expect(places(Infinity)).toEqual({ parameters: whole, flats: [[640, 512]] });
    expect(places(640)).toEqual(places(Infinity));
    expect(layoutParameters(specs).count).toBe(310 + 31 + 64 + 1 + 65);
  });

  it('cuts between tensors where a flat would be larger than a binding, gaps and odd limits included', () => {
    const parameters = ['embedding 0:0', 'norm 1:128', 'a 0:320', 'bias 1:192', 'b 1:0'];
    const expected = {
      parameters,
      flats: [
        [384, 384],
        [256, 128],
      ],
    };
    expect(places(511)).toEqual(expected);
    expect(places(384)).toEqual(expected);
    expect(places(383).flats).toEqual([
      [320, 320],
      [320, 192],
    ]);
  });

  it('refuses a parameter that needs more than a buffer or a binding', () => {
    const limits = { maxStorageBufferBindingSize: 2048, maxBufferSize: 1239 };
    expect(() => layoutParameters(specs, limits)).toThrow(
      /embedding \(10, 31\) is too large for this adapter, got 1\.2 KiB, expected at most 1\.2 KiB/,
    );
  });

  it('cuts a matrix with a row for each token by rows, evenly, where no binding holds it', () => {
    const table: ParameterSpec = { ...spec('embedding', [300, 2], true), tokenRows: 'looked-up' };
    const limits = { maxStorageBufferBindingSize: 2047, maxBufferSize: Infinity }; // 255 rows: 192 are whole windows
    const { named, parameters, flats, count } = layoutParameters([table, spec('norm', [3], false)], limits);
    expect(parameters.map(({ name, shape }) => [name, shape[0]])).toEqual([
      ['embedding[0:192]', 192],
      ['embedding[192:300]', 108],
      ['norm', 3],
    ]);
    expect(named.map(({ name, size, pieces }) => [name, size, pieces.length])).toEqual([
      ['embedding', 600, 2],
      ['norm', 3, 1],
    ]);
    expect(flats.map(({ size, lookedUpEnd }) => [size, lookedUpEnd])).toEqual([
      [384, 384],
      [320, 256],
    ]);
    expect(count).toBe(603);
    const data = Float32Array.from({ length: 600 }, (_, i) => i);
    expect(dataByPiece(named[0]!, data).map(([, part]) => [part[0], part.length])).toEqual([
      [0, 384],
      [384, 216],
    ]);
    const none = { maxStorageBufferBindingSize: 508, maxBufferSize: Infinity };
    expect(() => layoutParameters([table], none)).toThrow('embedding (300, 2) is too large');
  });

  it('names the first flat as if it were the only one', () => {
    const { flats } = layoutParameters(specs, { maxStorageBufferBindingSize: 1280, maxBufferSize: 1280 });
    expect(flats.map((flat) => flatName('parameters', flat))).toEqual(['parameters', 'parameters.1']);
  });
});
