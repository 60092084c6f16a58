import { describe, expect, it } from 'vitest';
import { Executable } from '../../src/graph/executable.ts';
import { Graph } from '../../src/graph/graph.ts';
import { backpropagate } from '../../src/graph/gradients.ts';
import type { KernelChoices } from '../../src/graph/lowering.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { add } from '../../src/ops/add.ts';
import { causalAttention } from '../../src/ops/causal-attention.ts';
import { testGpu } from '../gpu/device.ts';
import { checkOperation, choicesBy, expectClose, seededNormal, tolerance } from './harness.ts';

interface Sizes {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
}

const paths = ['rows', 'tiles', 'products'];
const { profile } = await testGpu();

const cases: Sizes[] = [
  { batch: 1, time: 1, heads: 1, keyHeads: 1, headSize: 1 },
  { batch: 2, time: 3, heads: 2, keyHeads: 1, headSize: 3 },
  { batch: 2, time: 31, heads: 4, keyHeads: 2, headSize: 8 },
  { batch: 1, time: 33, heads: 4, keyHeads: 1, headSize: 16 },
  { batch: 3, time: 13, heads: 3, keyHeads: 3, headSize: 24 },
  { batch: 1, time: 65, heads: 2, keyHeads: 2, headSize: 64 },
];

/** Large heads by tiles take software adapters too long to compile; real ones meet them all. */
function casesOf(path: string): Sizes[] {
  return cases.filter(({ headSize }) => !(profile.software && path === 'tiles' && headSize > 16));
}

/** One path for every attention kernel of a case. */
function always(path: string): KernelChoices {
  return choicesBy((key) => (key.startsWith('causal-attention') ? path : undefined));
}

function shapes({ batch, time, heads, keyHeads, headSize }: Sizes) {
  const keys = [batch, time, keyHeads, headSize];
  return { q: [batch, time, heads, headSize], k: keys, v: keys };
}

describe.each(paths)('causalAttention by %s', (path) => {
  it.each(casesOf(path))(
    'agrees with float64 at $batch × $time, $heads/$keyHeads heads of $headSize',
    async (sizes) => {
      const { q, k, v } = shapes(sizes);
      await checkOperation({
        inputs: { q: { shape: q }, k: { shape: k }, v: { shape: v } },
        build: (graph, tensors) =>
          causalAttention(graph, tensors.q!, tensors.k!, tensors.v!, {
            scale: 1 / Math.sqrt(sizes.headSize),
          }),
        tolerance: tolerance.rows,
        choices: always(path),
        finiteDifferences: path === paths[0],
      });
    },
  );

  it('keeps its footing where scores are huge', async () => {
    const { q, k, v } = shapes({ batch: 1, time: 37, heads: 2, keyHeads: 1, headSize: 8 });
    await checkOperation({
      inputs: { q: { shape: q, scale: 20 }, k: { shape: k, scale: 20 }, v: { shape: v } },
      build: (graph, tensors) => causalAttention(graph, tensors.q!, tensors.k!, tensors.v!, { scale: 0.35 }),
      // Scores of several hundred carry absolute rounding errors of about 3e-5 into the exponent.
      tolerance: 1e-3,
      choices: always(path),
      finiteDifferences: false,
    });
  });

  it('lets no output see a later token: changing token t + 1 leaves outputs up to t equal to the bit', async () => {
    const sizes = { batch: 1, time: 70, heads: 2, keyHeads: 1, headSize: 16 };
    const attention = await Attention.compile(sizes, path);
    const inputs = attention.randomInputs(3);
    const before = (await attention.run(inputs))[0]!;
    for (const changed of [1, 32, 63, 69]) {
      const other = { ...inputs, k: inputs.k.slice(), v: inputs.v.slice() };
      other.k.fill(9, changed * 16, (changed + 1) * 16);
      other.v.fill(-9, changed * 16, (changed + 1) * 16);
      const after = (await attention.run(other))[0]!;
      const unseen = changed * 2 * 16;
      expect(after.subarray(0, unseen)).toEqual(before.subarray(0, unseen));
      expect(after.subarray(unseen)).not.toEqual(before.subarray(unseen));
    }
    attention.destroy();
  });
});

describe('causalAttention', () => {
  it('gives the same bits in every one of 12 runs, on every path, and the paths agree', async () => {
    const sizes = { batch: 2, time: 101, heads: 4, keyHeads: 2, headSize: 16 };
    const results: Float32Array[][] = [];
    for (const path of paths) {
      const attention = await Attention.compile(sizes, path);
      const inputs = attention.randomInputs(5);
      const first = await attention.run(inputs);
      for (let run = 1; run < 12; run++) expect(await attention.run(inputs)).toEqual(first);
      results.push(first);
      attention.destroy();
    }
    results[0]!.forEach((expected, index) => {
      for (const other of results.slice(1)) {
        expectClose(other[index]!, expected, tolerance.rows, ['y', 'dq', 'dk', 'dv'][index]!);
      }
    });
  });

  it.each(['tile-32x32', 'register-8x8', 'register-4x4', 'row'])(
    'is spared its masked products right by %s',
    async (kernel) => {
      const { q, k, v } = shapes({ batch: 2, time: 68, heads: 4, keyHeads: 2, headSize: 8 });
      await checkOperation({
        inputs: { q: { shape: q }, k: { shape: k }, v: { shape: v } },
        build: (graph, tensors) =>
          causalAttention(graph, tensors.q!, tensors.k!, tensors.v!, { scale: 0.35 }),
        tolerance: tolerance.rows,
        choices: choicesBy((key) => (key.startsWith('matmul') ? kernel : 'products')),
        finiteDifferences: false,
      });
    },
  );

  it('gives a query of one key a gradient of exactly 0 by products, which Adam would not see as rounding', async () => {
    const sizes = { batch: 3, time: 2, heads: 4, keyHeads: 2, headSize: 24 };
    const attention = await Attention.compile(sizes, 'products');
    const inputs = attention.randomInputs(7);
    const row = sizes.heads * sizes.headSize;
    // Only first queries are asked for.
    inputs.dy.forEach((_, at) => (inputs.dy[at]! *= Math.floor(at / row) % sizes.time === 0 ? 1 : 0));
    const [, dq, dk, dv] = await attention.run(inputs);
    expect([dq, dk].map((gradient) => gradient!.every((value) => value === 0))).toEqual([true, true]);
    expect(dv!.some((value) => value !== 0)).toBe(true);
    attention.destroy();
  });

  it('refuses heads that do not share key heads evenly', () => {
    const graph = new Graph();
    const keys = graph.input('k', [1, 2, 2, 8]);
    expect(() => causalAttention(graph, graph.input('q', [1, 2, 3, 8]), keys, keys, { scale: 1 })).toThrow(
      'causalAttention: 3 heads do not share 2 key heads evenly',
    );
    expect(() => causalAttention(graph, graph.input('p', [1, 3, 4, 8]), keys, keys, { scale: 1 })).toThrow(
      'causalAttention: k has the wrong shape',
    );
  });
});

/** Forward and backward as one executable that can be run many times. */
class Attention {
  private constructor(
    private readonly sizes: Sizes,
    private readonly executable: Executable,
    private readonly outputs: Executable['graph']['nodes'][number]['outputs'],
  ) {}

  static async compile(sizes: Sizes, path: string): Promise<Attention> {
    const gpu = await testGpu();
    const graph = new Graph();
    const { q, k, v } = shapes(sizes);
    const inputs = [graph.input('q', q), graph.input('k', k), graph.input('v', v)] as const;
    const y = causalAttention(graph, ...inputs, { scale: 0.25 });
    const gradients = backpropagate(graph, new Map([[y, graph.input('dy', q)]]), inputs, add);
    const outputs = [y, ...gradients.map((gradient) => gradient!)];
    const options = { outputs, choices: always(path), poison: true };
    return new Attention(
      sizes,
      await Executable.compile(gpu, graph, new VariableStore(gpu), options),
      outputs,
    );
  }

  randomInputs(seed: number): Record<'q' | 'k' | 'v' | 'dy', Float32Array> {
    const random = seededNormal(seed);
    const { q, k, v } = shapes(this.sizes);
    const draw = (shape: number[]) => Float32Array.from({ length: shape.reduce((a, b) => a * b) }, random);
    return { q: draw(q), k: draw(k), v: draw(v), dy: draw(q) };
  }

  async run(inputs: Record<string, Float32Array>): Promise<Float32Array[]> {
    this.executable.run(inputs);
    const results: Float32Array[] = [];
    for (const output of this.outputs) results.push((await this.executable.read(output)) as Float32Array);
    return results;
  }

  destroy(): void {
    this.executable.destroy();
  }
}
