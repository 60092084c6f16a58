/** Profiling on the GPU: every dispatch is timed, its arithmetic is that of the operation, by either clock. */
import { describe, expect, it } from 'vitest';
import { GpuTimer } from '../../src/gpu/timer.ts';
import { Executable } from '../../src/graph/executable.ts';
import { Graph } from '../../src/graph/graph.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { add } from '../../src/ops/add.ts';
import { causalAttention } from '../../src/ops/causal-attention.ts';
import { linear } from '../../src/ops/linear.ts';
import { sum } from '../../src/ops/sum.ts';
import { measureCeilings } from '../../src/performance/ceilings.ts';
import { profileDispatches } from '../../src/performance/profile.ts';
import { testGpu } from '../gpu/device.ts';

const [rows, inner, columns] = [33, 20, 17];

async function compile(build: (graph: Graph) => void, choices = {}) {
  const gpu = await testGpu();
  const graph = new Graph();
  build(graph);
  return { gpu, executable: await Executable.compile(gpu, graph, new VariableStore(gpu), { choices }) };
}

describe.each([
  ['timestamps', true],
  ['the clock', false],
])('a profile by %s', (_name, timestamps) => {
  it('times every dispatch and counts the six products of a linear layer and its backward', async () => {
    const { gpu, executable } = await compile((graph) => {
      const [x, weight] = [graph.input('x', [rows, inner]), graph.input('weight', [columns, inner])];
      const loss = sum(graph, linear(graph, x, weight, null));
      gradients(graph, loss, [x, weight], add);
    });
    executable.run({ x: new Float32Array(rows * inner).fill(1), weight: new Float32Array(columns * inner) });
    const kernels = await profileDispatches(gpu, executable.prepared, {
      timer: new GpuTimer(gpu, timestamps),
    });
    const dispatches = kernels.reduce((count, kernel) => count + kernel.dispatches, 0);
    expect(dispatches).toBe(executable.prepared.length);
    const flops = kernels.reduce((count, kernel) => count + (kernel.flops ?? 0), 0);
    expect(flops).toBe(6 * rows * inner * columns);
    for (const { milliseconds } of kernels) expect(milliseconds).toBeGreaterThanOrEqual(0);
  });
});

it('counts the same arithmetic for attention by rows and by tiles', async () => {
  const [batch, time, heads, headSize] = [2, 13, 3, 8];
  const counted = async (path: string) => {
    const sizes = [batch, time, heads, heads, headSize].join('x');
    const { executable } = await compile(
      (graph) => {
        const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, [batch, time, heads, headSize]));
        causalAttention(graph, q!, k!, v!, { scale: 1 });
      },
      { [`causal-attention-forward:${sizes}`]: path },
    );
    return executable.prepared.reduce((total, { dispatch }) => total + (dispatch.flops ?? 0), 0);
  };
  const pairs = (batch * heads * time * (time + 1)) / 2;
  expect(await counted('rows')).toBe(4 * headSize * pairs);
  expect(await counted('tiles')).toBe(4 * headSize * pairs);
  expect(await counted('products')).toBe(4 * headSize * pairs);
});

it('measures ceilings that are numbers', async () => {
  const { arithmetic, matmul, bandwidth } = await measureCeilings(await testGpu());
  for (const ceiling of [arithmetic, matmul, bandwidth]) {
    expect(ceiling).toBeGreaterThan(0);
    expect(ceiling).toBeLessThan(Infinity);
  }
});
