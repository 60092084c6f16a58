import { describe, expect, it } from 'vitest';
import type { ParameterSpec } from '../../src/models/family.ts';
import { flatName, layoutParameters } from '../../src/models/parameter-layout.ts';

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

  it('names the first flat as if it were the only one', () => {
    const { flats } = layoutParameters(specs, { maxStorageBufferBindingSize: 1280, maxBufferSize: 1280 });
    expect(flats.map((flat) => flatName('parameters', flat))).toEqual(['parameters', 'parameters.1']);
  });
});
