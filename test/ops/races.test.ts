/**
 * Every kernel that shares workgroup memory, under the race detector: none races as it stands, and each races without any
 * one of its barriers, so that the test can fail and no barrier is there for nothing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { backpropagate } from '../../src/graph/gradients.ts';
import { lowerGraph, type KernelChoices } from '../../src/graph/lowering.ts';
import type { Dispatch } from '../../src/graph/operation.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { adamw8bit } from '../../src/ops/adamw-8bit.ts';
import { add } from '../../src/ops/add.ts';
import { argmax } from '../../src/ops/argmax.ts';
import { cachedAttention } from '../../src/ops/cached-attention.ts';
import { causalAttention } from '../../src/ops/causal-attention.ts';
import { crossEntropy } from '../../src/ops/cross-entropy.ts';
import { layerNorm } from '../../src/ops/layer-norm.ts';
import { logProbabilities } from '../../src/ops/log-probabilities.ts';
import { matmul } from '../../src/ops/matmul.ts';
import { rmsNorm } from '../../src/ops/rms-norm.ts';
import { sum } from '../../src/ops/sum.ts';
import { choicesBy } from './harness.ts';
import { testGpu } from '../gpu/device.ts';
import { countBarriers, findRaces, sharesMemory, withoutBarrier, type Values } from '../gpu/race-detector.ts';

interface Case {
  readonly what: string;
  readonly choices?: KernelChoices;
  readonly values?: Values;
  readonly build: (graph: Graph) => Tensor;
}

const gpu = await testGpu();
const rows = 5;
const columns = 40;
const x = (graph: Graph) => graph.input('x', [rows, columns]);
const targets = (graph: Graph) => graph.input('targets', [rows], 'i32');
const vector = (graph: Graph, name: string) => graph.input(name, [columns]);

/** Backward too: the gradient of the sum. */
function differentiated(graph: Graph, y: Tensor, inputs: readonly Tensor[]): Tensor {
  backpropagate(graph, new Map([[y, graph.input('dy', y.shape)]]), inputs, add);
  return y;
}

/** Several tiles along the inner dimension, and an edge. */
const tiled = (name: string, m: number): Case => ({
  what: `matmul by ${name}`,
  choices: { [`matmul-nt:${m}x40x40`]: name },
  build: (graph) => matmul(graph, graph.input('a', [m, 40]), graph.input('b', [40, 40]), { layout: 'nt' }),
});

const cases: Case[] = [
  tiled('tile-32x32', 40),
  tiled('row', 2),
  {
    what: 'attention by tiles',
    choices: choicesBy((key) => (key.startsWith('causal-attention') ? 'tiles' : undefined)),
    // More than one tile of keys, and a workgroup that is not full.
    build(graph) {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => graph.input(name, [1, 70, 1, 4]));
      return differentiated(graph, causalAttention(graph, q!, k!, v!, { scale: 0.5 }), [q!, k!, v!]);
    },
  },
  {
    what: 'attention over a cache of two chunks',
    values: { lengths: () => 70 },
    build(graph) {
      const cache = ['keys', 'values'].map((name) => graph.input(name, [1, 100, 1, 4]));
      const lengths = graph.input('lengths', [1], 'i32');
      return cachedAttention(graph, graph.input('q', [1, 1, 2, 4]), cache[0]!, cache[1]!, lengths, {
        scale: 0.5,
      });
    },
  },
  {
    what: 'layer norm',
    build(graph) {
      const [input, weight, bias] = [x(graph), vector(graph, 'weight'), vector(graph, 'bias')];
      return differentiated(graph, layerNorm(graph, input, weight, bias, 1e-5), [input]);
    },
  },
  {
    what: 'RMS norm',
    build(graph) {
      const [input, weight] = [x(graph), vector(graph, 'weight')];
      return differentiated(graph, rmsNorm(graph, input, weight, 1e-5), [input]);
    },
  },
  {
    what: 'cross-entropy',
    build: (graph) => crossEntropy(graph, x(graph), targets(graph), graph.input('w', [rows])),
  },
  { what: 'log probabilities', build: (graph) => logProbabilities(graph, x(graph), targets(graph)) },
  { what: 'argmax', build: (graph) => argmax(graph, x(graph)) },
  {
    what: 'AdamW with moments in 8 bits',
    build(graph) {
      const flat = (name: string) => graph.input(name, [600]);
      const codes = (name: string) => graph.input(name, [150], 'u32');
      const tensors = {
        parameters: flat('parameters'),
        gradients: flat('gradients'),
        firstMoment: codes('first'),
        secondMoment: codes('second'),
        scales: graph.input('scales', [2, 3]),
        scalars: graph.input('scalars', [4]),
        norm: graph.input('norm', [1]),
      };
      const rates = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, decayEnd: 0, maxGradNorm: 1 };
      return adamw8bit(graph, tensors, rates)[0]!;
    },
  },
  { what: 'a sum', build: (graph) => sum(graph, graph.input('x', [9000])) },
];

/** The dispatches of a case that share memory, as a GPU gets them. */
function dispatchesOf({ build, choices }: Case): Dispatch[] {
  const graph = new Graph();
  build(graph);
  return lowerGraph(graph, gpu.limits, choices).filter(({ shader }) => sharesMemory(shader));
}

/** Whether the adapter binds one buffer more than the kernel's own. */
function logFits({ shader }: Dispatch): boolean {
  const own = shader.bindings.filter(({ access }) => access !== 'uniform').length;
  return own + 1 <= gpu.limits.maxStorageBuffersPerShaderStage;
}
const tooManyBindings = 'the kernel takes all bindings that this adapter has: none is left for the log';

const dispatches = cases.flatMap((oneCase) =>
  dispatchesOf(oneCase).map((dispatch) => ({ ...oneCase, dispatch, name: dispatch.shader.name })),
);

describe('kernels that share workgroup memory', () => {
  it('are all among the cases', () => {
    const folder = new URL('../../shaders/', import.meta.url);
    const sharing = readdirSync(folder).filter((file) =>
      readFileSync(new URL(file, folder), 'utf8').includes('var<workgroup>'),
    );
    const covered = new Set(dispatches.map(({ name }) => `${name}.wgsl`));
    expect(sharing.filter((file) => !covered.has(file))).toEqual([]);
  });

  it.for(dispatches)('$name does not race in $what', async ({ dispatch, values }, { skip }) => {
    skip(!logFits(dispatch), tooManyBindings);
    const found = await findRaces(gpu, dispatch, values);
    expect(found.accesses).toBeGreaterThan(0);
    expect(found).toMatchObject({ conflicts: 0, arrays: [] });
  });

  const mutants = dispatches.flatMap(({ dispatch, values, name }) =>
    Array.from({ length: countBarriers(dispatch.shader) }, (_, index) => ({ dispatch, values, name, index })),
  );
  it.for(mutants)('$name races without its barrier number $index', async (mutation, { skip }) => {
    const { dispatch, values, index } = mutation;
    skip(!logFits(dispatch), tooManyBindings);
    const mutant = { ...dispatch, shader: withoutBarrier(dispatch.shader, index) };
    expect((await findRaces(gpu, mutant, values)).conflicts).toBeGreaterThan(0);
  });
});
