/**
 * What this adapter can do at best, measured on it: multiply-adds on registers, the fastest of the matmul kernels, and
 * the bytes that a triad moves. The roof under which a step's kernels are judged.
 */
import multiplyAddSource from '../../shaders/probe-multiply-add.wgsl?raw';
import triadSource from '../../shaders/probe-triad.wgsl?raw';
import type { Gpu } from '../gpu/device.ts';
import { defineShader } from '../gpu/shader.ts';
import { GpuTimer } from '../gpu/timer.ts';
import { Executable } from '../graph/executable.ts';
import { Graph } from '../graph/graph.ts';
import { choiceKey } from '../graph/lowering.ts';
import { flatGrid, type Operation } from '../graph/operation.ts';
import { sizeOf, type Shape, type Tensor } from '../graph/tensor.ts';
import { VariableStore } from '../graph/variable-store.ts';
import { matmul } from '../ops/matmul.ts';
import { profileDispatches } from './profile.ts';

/** Per second. */
export interface Ceilings {
  /** Floating-point operations of multiply-adds that touch no memory; one counts two. */
  readonly arithmetic: number;
  /** Floating-point operations of the best matmul kernel on square matrices. */
  readonly matmul: number;
  /** That kernel's name, and the side of the matrices. */
  readonly matmulKernel: string;
  /** Bytes read and written by a triad over buffers larger than caches usually are. */
  readonly bandwidth: number;
  /** What timed it. */
  readonly timer: 'timestamps' | 'clock';
}

const workgroupSize = 64;
/** Sizes by what the adapter is: a software one needs seconds for what a GPU does in a millisecond. */
const sizes = {
  hardware: { invocations: 1 << 20, steps: 512, numbers: 1 << 24, side: 1024 },
  software: { invocations: 1 << 12, steps: 512, numbers: 1 << 21, side: 256 },
} as const;
/** How often each probe is timed; the median counts. */
const rounds = 5;

/** Measures all of them: a second on a GPU, a few on a software adapter. Frees what it allocates. */
export async function measureCeilings(gpu: Gpu, timer = new GpuTimer(gpu)): Promise<Ceilings> {
  const { invocations, steps, numbers, side } = sizes[gpu.profile.software ? 'software' : 'hardware'];
  const multiplyAdds = await timeGraph(gpu, timer, (graph) => multiplyAdd(graph, invocations, steps));
  const moved = await timeGraph(gpu, timer, (graph) => {
    const a = graph.input('a', [numbers]);
    return graph.apply(triadOperation, [a, graph.input('b', [numbers])], null)[0]!;
  });
  const best = await bestMatmul(gpu, timer, side);
  return {
    arithmetic: perSecond(64 * invocations * steps, multiplyAdds),
    matmul: perSecond(2 * side ** 3, best.milliseconds),
    matmulKernel: `${best.name}, ${side}³`,
    bandwidth: perSecond(3 * 4 * numbers, moved),
    timer: timer.source,
  };
}

/** Kernels without slices: square matrices this large keep every adapter busy. */
async function bestMatmul(gpu: Gpu, timer: GpuTimer, side: number) {
  const kernels = gpu.profile.software
    ? ['register-4x4', 'register-8x8', ...(gpu.profile.subgroups ? ['subgroup-16x4'] : [])]
    : ['register-8x8', 'tile-64x64', 'tile-64x64-8x8', 'tile-128x64', 'tile-128x128'];
  let best = { name: '', milliseconds: Infinity };
  for (const name of kernels) {
    const shape: Shape = [side, side];
    const build = (graph: Graph) => matmul(graph, graph.input('a', shape), graph.input('b', shape));
    const choices = { [choiceKey('matmul-nn', [side, side, side])]: name };
    const milliseconds = await timeGraph(gpu, timer, build, choices);
    if (milliseconds < best.milliseconds) best = { name, milliseconds };
  }
  return best;
}

/** Milliseconds of a graph of inputs, filled with numbers, and one output. */
async function timeGraph(
  gpu: Gpu,
  timer: GpuTimer,
  build: (graph: Graph) => Tensor,
  choices: Readonly<Record<string, string>> = {},
): Promise<number> {
  const graph = new Graph();
  const outputs = [build(graph)];
  const store = new VariableStore(gpu);
  const executable = await Executable.compile(gpu, graph, store, { outputs, choices });
  try {
    const filled = [...graph.inputs].map(([name, tensor]) => [name, numbersFor(tensor)] as const);
    executable.run(Object.fromEntries(filled));
    const kernels = await profileDispatches(gpu, executable.prepared, { timer, rounds });
    return kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  } finally {
    await gpu.finish();
    executable.destroy();
    store.destroy();
  }
}

/** Neither zeros nor denormals, which some adapters treat in their own time. */
function numbersFor({ shape }: Tensor): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => 0.5 + (i % 17) / 32);
}

/** A rate that a timer too coarse to see the work must not make infinite. */
function perSecond(count: number, milliseconds: number): number {
  return count / Math.max(milliseconds, 1e-3) / 1e-3;
}

const multiplyAddShader = defineShader('probe-multiply-add', multiplyAddSource);
const triadShader = defineShader('probe-triad', triadSource);

interface MultiplyAdd {
  readonly invocations: number;
  /** 32 multiply-adds each. */
  readonly steps: number;
}

const multiplyAddOperation: Operation<MultiplyAdd> = {
  name: 'probeMultiplyAdd',
  infer: (_inputs, { invocations }) => [{ shape: [invocations], dtype: 'f32' }],
  reference: () => {
    throw new Error('probeMultiplyAdd: measures time only, got a reference run, expected a GPU');
  },
  lower: ({ outputs: [y], attributes: { invocations, steps } }) => [
    {
      shader: multiplyAddShader,
      bindings: { y: y! },
      params: { rounds: steps, factor: 0.999, summand: 0.001 },
      workgroups: [invocations / workgroupSize, 1, 1],
    },
  ],
};

function multiplyAdd(graph: Graph, invocations: number, steps: number): Tensor {
  return graph.apply(multiplyAddOperation, [], { invocations, steps })[0]!;
}

const triadOperation: Operation<null> = {
  name: 'probeTriad',
  infer: ([a]) => [{ shape: a!.shape, dtype: 'f32' }],
  reference: ([a, b]) => [a!.map((value, index) => value + 0.5 * b![index]!)],
  lower({ inputs: [a, b], outputs: [c] }, { limits }) {
    const n = sizeOf(a!.shape) / 4;
    return [
      {
        shader: triadShader,
        bindings: { a: a!, b: b!, c: c! },
        params: { n, factor: 0.5 },
        workgroups: flatGrid(n, workgroupSize, limits),
      },
    ];
  },
};
