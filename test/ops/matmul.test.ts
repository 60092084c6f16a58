import { describe, expect, it } from 'vitest';
import { fuseAdditions } from '../../src/graph/fusion.ts';
import { Graph } from '../../src/graph/graph.ts';
import { choiceKey, lowerGraph, portableLimits, type KernelChoices } from '../../src/graph/lowering.ts';
import { add } from '../../src/ops/add.ts';
import { toBf16 } from '../../src/ops/bf16.ts';
import { matmulKernels } from '../../src/ops/matmul-kernels.ts';
import type { MatmulLayout } from '../../src/ops/matmul-placement.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { testGpu } from '../gpu/device.ts';
import { checkOperation, choicesBy, tolerance } from './harness.ts';

const layouts: MatmulLayout[] = ['nn', 'nt', 'tn'];
const { profile } = await testGpu();
const variants = Object.keys(matmulKernels).filter(
  (name) =>
    !name.startsWith('subgroup') ||
    (profile.subgroups && (name !== 'subgroup-32x4' || profile.subgroupMinSize >= 8)),
);
/** One file with other constants, and slow to compile on software: only one tile meets many shapes. */
const tiles = variants.filter((name) => name.startsWith('tile'));

/** One kernel for every matmul of the case, its gradients included. */
function always(variant: string): KernelChoices {
  return choicesBy((key) => (key.startsWith('matmul') ? variant : undefined));
}

function shapesOf(layout: MatmulLayout, m: number, n: number, k: number): { a: number[]; b: number[] } {
  return { a: layout === 'tn' ? [k, m] : [m, k], b: layout === 'nt' ? [n, k] : [k, n] };
}

function check(
  layout: MatmulLayout,
  [m, n, k]: readonly number[],
  choices: KernelChoices | undefined,
  {
    batch = [],
    constant = false,
    bf16 = false,
  }: { batch?: number[]; constant?: boolean; bf16?: boolean } = {},
) {
  const { a, b } = shapesOf(layout, m!, n!, k!);
  return checkOperation({
    inputs: {
      a: { shape: [...batch, ...a], constant },
      b: { shape: [...batch, ...b], constant: constant || bf16 },
    },
    build: (graph, tensors) =>
      matmul(graph, tensors.a!, bf16 ? toBf16(graph, tensors.b!) : tensors.b!, { layout }),
    tolerance: tolerance.dot,
    choices,
    // The reference and its backward are the same for every variant: once is enough.
    finiteDifferences: choices === undefined,
  });
}

describe('a sum over a vocabulary', () => {
  it('is as near to float64 as sums in parts are', async () => {
    // One running sum is 2.0e-6 off, parts of 2,048 terms 0.8e-6.
    await checkOperation({
      inputs: { a: { shape: [256, 12_288], constant: true }, b: { shape: [12_288, 64], constant: true } },
      build: (graph, tensors) => matmul(graph, tensors.a!, tensors.b!, { layout: 'nn' }),
      tolerance: 1.2e-6,
      finiteDifferences: false,
    });
  });
});

describe.each(layouts)('matmul %s', (layout) => {
  it.each([
    [1, 1, 1],
    [3, 5, 2],
    [31, 33, 32],
    [67, 61, 53],
  ])('agrees with float64 at (%i, %i), inner %i', async (m, n, k) => {
    await check(layout, [m, n, k], undefined);
  });

  it('multiplies a batch', async () => {
    await check(layout, [17, 9, 13], undefined, { batch: [3] });
  });

  it.each(variants.filter((name) => !tiles.includes(name)))(
    'by %s agrees with float64, whole and in slices',
    async (variant) => {
      await check(layout, [1, 2, 3], always(variant));
      await check(layout, [33, 31, 65], always(variant));
      await check(layout, [64, 128, 36], always(variant));
      await check(layout, [7, 6, 67], always(`${variant}/3`));
      await check(layout, [8, 12, 64], always(`${variant}/4`), { batch: [2] });
    },
  );
});

describe('matmul by tiles in workgroup memory', () => {
  // The gradients of nn are an nt and a tn product.
  it.each([
    [33, 31, 65],
    [36, 64, 40],
  ])(
    'agrees with float64 at (%i, %i), inner %i, in all orientations, whole and in slices',
    async (m, n, k) => {
      await check('nn', [m, n, k], always('tile-32x32'));
      await check('nn', [m, n, k], always('tile-32x32/3'), { batch: [2] });
    },
  );

  it.each(tiles)('by %s covers outputs of several tiles with ragged edges', async (variant) => {
    await check('nt', [130, 133, 23], always(variant), { constant: true });
  });
});

describe('matmul by a weight in bf16', () => {
  const bf16 = true;

  // The gradient of a is the product in the other orientation.
  it.each(variants.filter((name) => !tiles.includes(name)))(
    'by %s agrees with float64 on the rounded weight',
    async (variant) => {
      const shapes = [
        [1, 2, 3],
        [3, 1, 2],
        [33, 31, 65],
        [33, 31, 66],
        [32, 72, 40],
      ];
      for (const shape of shapes) await check('nt', shape, always(variant), { bf16 });
      await check('nn', [5, 64, 24], always(variant), { bf16 });
      await check('nt', [7, 8, 67], always(`${variant}/3`), { bf16 });
      await check('nt', [8, 16, 72], always(`${variant}/3`), { bf16 });
      await check('nt', [3, 5, 8], always(variant), { batch: [3], bf16 });
    },
  );

  it('by tiles agrees with float64, number by number and sixteen bytes at a time', async () => {
    await check('nt', [33, 31, 65], always('tile-32x32'), { bf16 });
    await check('nt', [40, 72, 40], always('tile-32x32'), { bf16 });
    await check('nt', [8, 16, 72], always('tile-32x32/3'), { bf16, constant: true });
  });

  it.each(tiles.slice(1))('by %s covers outputs of several tiles with ragged edges', async (variant) => {
    await check('nt', [130, 136, 24], always(variant), { bf16, constant: true });
  });

  it('is chosen by a name of its own', () => {
    const graph = new Graph();
    matmul(graph, graph.input('a', [4, 3]), toBf16(graph, graph.input('b', [5, 3])), { layout: 'nt' });
    const choices = { [choiceKey('matmul-nt-bf16', [4, 5, 3])]: 'fastest' };
    expect(() => lowerGraph(graph, portableLimits, choices)).toThrow('matmul: no kernel is named fastest');
  });
});

describe('matmul', () => {
  const epilogues = [...variants.filter((name) => !tiles.includes(name)), 'tile-32x32'];

  it.each(epilogues.flatMap((name) => [name, `${name}/3`]))('adds a bias once by %s', async (variant) => {
    await checkOperation({
      inputs: { a: { shape: [6, 41] }, b: { shape: [19, 41] }, bias: { shape: [19] } },
      build: (graph, { a, b, bias }) => matmul(graph, a!, b!, { layout: 'nt', bias: bias! }),
      tolerance: tolerance.dot,
      choices: always(variant),
      finiteDifferences: variant === epilogues[0],
    });
  });

  it.each(epilogues.flatMap((name) => [name, `${name}/3`]))(
    'adds another tensor as it writes, by %s',
    async (variant) => {
      await checkOperation({
        inputs: {
          a: { shape: [35, 41] },
          b: { shape: [37, 41] },
          bias: { shape: [37] },
          addend: { shape: [35, 37] },
        },
        // Two products of a: where their gradients meet, one adds the other.
        build(graph, { a, b, bias, addend }) {
          const product = matmul(graph, a!, b!, { layout: 'nt', bias: bias! });
          const sum = add(graph, add(graph, product, addend!), matmul(graph, a!, b!, { layout: 'nt' }));
          expect(fuseAdditions(graph.nodes, [sum]).map(({ operation }) => operation.name)).toEqual([
            'matmulPlus',
            'matmulPlus',
          ]);
          return sum;
        },
        tolerance: tolerance.dot,
        choices: always(variant),
        finiteDifferences: variant === epilogues[0],
      });
    },
  );

  it('adds to every product of a batch', async () => {
    await checkOperation({
      inputs: { a: { shape: [3, 9, 5] }, b: { shape: [3, 5, 7] }, addend: { shape: [3, 9, 7] } },
      build: (graph, { a, b, addend }) => add(graph, addend!, matmul(graph, a!, b!)),
      tolerance: tolerance.dot,
    });
  });

  it('refuses operands that do not fit, and says which', () => {
    const graph = new Graph();
    const a = graph.input('a', [4, 3]);
    expect(() => matmul(graph, a, graph.input('b', [4, 5]))).toThrow(
      'matmul: b has the wrong shape, got (4, 5), expected (3, 5)',
    );
    expect(() => matmul(graph, a, graph.input('c', [3]))).toThrow('matmul: operands need 2 dimensions');
    expect(() =>
      matmul(graph, graph.input('d', [2, 4, 3]), graph.input('e', [2, 3, 5]), {
        bias: graph.input('f', [5]),
      }),
    ).toThrow('matmul: a batched product takes no bias');
  });

  it('refuses types it cannot read', () => {
    const graph = new Graph();
    const [a, b] = [graph.input('a', [4, 3]), graph.input('b', [3, 5])];
    expect(() => matmul(graph, toBf16(graph, a), b)).toThrow('matmul: wrong types, got a bf16 and b f32');
    expect(() => matmul(graph, a, graph.input('c', [3, 5], 'i32'))).toThrow('got a f32 and b i32');
  });

  it('refuses a kernel it does not know, and a grid that no adapter takes', () => {
    const graph = new Graph();
    matmul(graph, graph.input('a', [4, 3]), graph.input('b', [3, 5]));
    expect(() =>
      lowerGraph(graph, portableLimits, { [choiceKey('matmul-nn', [4, 5, 3])]: 'fastest' }),
    ).toThrow('matmul: no kernel is named fastest');
    const tall = new Graph();
    matmul(tall, tall.input('a', [100_000, 1]), tall.input('b', [1, 5]));
    const choices = { [choiceKey('matmul-nn', [100_000, 5, 1])]: 'row' };
    expect(() => lowerGraph(tall, portableLimits, choices)).toThrow('workgroups');
  });
});
