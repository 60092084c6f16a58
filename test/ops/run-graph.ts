/** Running a graph of variables and inputs on both sides, kernels and float64, for operations that work in place. */
import { Executable } from '../../src/graph/executable.ts';
import type { Graph, HostArray } from '../../src/graph/graph.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import type { KernelChoices } from '../../src/graph/lowering.ts';
import { bytesOf, type Tensor } from '../../src/graph/tensor.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { testGpu } from '../gpu/device.ts';

export interface BothResults {
  readonly actual: ArrayLike<number>;
  readonly expected: ArrayLike<number>;
}

/** Writes `variables` and replays the graph once per element of `steps`; returns each tensor of `read` from both sides. */
export async function runOnBoth(
  graph: Graph,
  variables: Readonly<Record<string, HostArray>>,
  steps: readonly Readonly<Record<string, HostArray>>[],
  read: readonly Tensor[],
  choices: KernelChoices = {},
): Promise<BothResults[]> {
  const gpu = await testGpu();
  const store = new VariableStore(gpu);
  const executable = await Executable.compile(gpu, graph, store, { poison: true, outputs: read, choices });
  const interpreter = new Interpreter(graph);
  for (const [name, tensor] of graph.variables) {
    const value = variables[name] ?? new Float32Array(bytesOf(tensor) / 4);
    store.write(name, value);
    interpreter.variables.get(name)!.set(value);
  }
  for (const step of steps) {
    executable.run(step);
    interpreter.run(step);
  }
  const results: BothResults[] = [];
  for (const tensor of read) {
    results.push({ actual: await executable.read(tensor), expected: interpreter.read(tensor).slice() });
  }
  await gpu.finish();
  executable.destroy();
  store.destroy();
  return results;
}
