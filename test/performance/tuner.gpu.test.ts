/** Tuning on the GPU: what it picks is right whatever it picks, the same bits every time, and nothing is left behind. */
import { describe, expect, it } from 'vitest';
import { Executable } from '../../src/graph/executable.ts';
import { Graph } from '../../src/graph/graph.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { Interpreter } from '../../src/graph/interpreter.ts';
import type { KernelChoices } from '../../src/graph/lowering.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import { add } from '../../src/ops/add.ts';
import { linear } from '../../src/ops/linear.ts';
import { sum } from '../../src/ops/sum.ts';
import { choicesIn, choicesOf, fullyTuned, tune } from '../../src/performance/tuner.ts';
import { testGpu } from '../gpu/device.ts';
import { expectClose, seededNormal, tolerance } from '../ops/harness.ts';

const [rows, inner, columns] = [37, 29, 65];
const random = seededNormal(11);
const values = {
  x: Float32Array.from({ length: rows * inner }, random),
  weight: Float32Array.from({ length: columns * inner }, random),
};

function build() {
  const graph = new Graph();
  const [x, weight] = [graph.input('x', [rows, inner]), graph.input('weight', [columns, inner])];
  const y = linear(graph, x, weight, null);
  const again = linear(graph, linear(graph, y, graph.input('back', [inner, columns]), null), weight, null);
  return { graph, outputs: [y, again], x };
}
const inputs = { ...values, back: Float32Array.from({ length: inner * columns }, random) };

async function bits(choices: KernelChoices) {
  const gpu = await testGpu();
  const { graph, outputs } = build();
  const executable = await Executable.compile(gpu, graph, new VariableStore(gpu), {
    choices,
    outputs,
    poison: true,
  });
  executable.run(inputs);
  const read = [];
  for (const output of outputs) read.push(await executable.read(output));
  await gpu.finish();
  executable.destroy();
  return read;
}

describe('tuning a graph', () => {
  it('decides every choice once, and what it picks computes the graph, bit-equal each time', async () => {
    const gpu = await testGpu();
    const { graph, outputs } = build();
    const decided: string[] = [];
    const tuning = await tune(gpu, [graph], { onDecided: (key) => decided.push(key) });
    expect(decided.sort()).toEqual([...new Set(decided)].sort());
    expect(Object.keys(tuning).sort()).toEqual(Object.keys(choicesIn(gpu, [graph], {})).sort());
    expect(fullyTuned(gpu, [graph], tuning)).toBe(true);
    const reference = new Interpreter(graph);
    reference.run(inputs);
    const first = await bits(choicesOf(tuning));
    first.forEach((values, index) =>
      expectClose(values, reference.read(outputs[index]!), tolerance.dot, `output ${index}`),
    );
    expect(await bits(choicesOf(tuning))).toEqual(first);
  });

  it('lets every candidate compute the same, within rounding', async () => {
    const gpu = await testGpu();
    const tuning = await tune(gpu, [build().graph]);
    const fallback = await bits({});
    for (const [key, { candidates }] of Object.entries(tuning)) {
      for (const { name, milliseconds } of candidates) {
        if (milliseconds === null) continue;
        const found = await bits({ [key]: name });
        found.forEach((values, index) =>
          expectClose(values, fallback[index]!, tolerance.dot, `${key} ${name}`),
        );
      }
    }
  });

  it('measures nothing that is known, and nothing at all without time', async () => {
    const gpu = await testGpu();
    const { graph } = build();
    expect(await tune(gpu, [graph], { expired: () => true })).toEqual({});
    const keys = Object.keys(choicesIn(gpu, [graph], {}));
    const known = Object.fromEntries(
      keys.map((key) => [key, { chosen: 'x', fallback: 'x', candidates: [] }]),
    );
    const decided: string[] = [];
    await tune(gpu, [graph], { known, onDecided: (key) => decided.push(key) }).catch(() => undefined);
    expect(decided).toEqual([]);
  });

  it('works through a backward pass', async () => {
    const gpu = await testGpu();
    const { graph, outputs, x } = build();
    gradients(graph, sum(graph, add(graph, outputs[1]!, outputs[0]!)), [x], add);
    expect(fullyTuned(gpu, [graph], await tune(gpu, [graph]))).toBe(true);
  });
});
