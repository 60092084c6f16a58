import { describe, expect, it } from 'vitest';
import { Graph } from '../../src/graph/graph.ts';
import { adamw, adamwScalar, type AdamWAttributes } from '../../src/ops/adamw.ts';
import { globalNorm } from '../../src/ops/global-norm.ts';
import fixture from './fixtures/adamw.json';
import { expectClose, seededNormal } from './harness.ts';
import { runOnBoth } from './run-graph.ts';
import { elementCounts } from './sizes.ts';

/** A graph of one step over n elements, clipping by the gradients' own norm. */
function stepGraph(n: number, attributes: AdamWAttributes) {
  const graph = new Graph();
  const gradients = graph.input('gradients', [n]);
  const norm = globalNorm(graph, [gradients]);
  const tensors = {
    parameters: graph.variable('parameters', [n]),
    gradients,
    firstMoment: graph.variable('firstMoment', [n]),
    secondMoment: graph.variable('secondMoment', [n]),
    scalars: graph.input('scalars', [3]),
    norm: attributes.maxGradNorm === null ? null : norm,
  };
  return { graph, updated: adamw(graph, tensors, attributes), norm };
}

function stepScalars(step: number, learningRate: number, beta1: number, beta2: number): Float32Array {
  const scalars = new Float32Array(3);
  scalars[adamwScalar.learningRate] = learningRate;
  scalars[adamwScalar.biasCorrection1] = 1 - beta1 ** step;
  scalars[adamwScalar.biasCorrection2] = 1 - beta2 ** step;
  return scalars;
}

describe('adamw', () => {
  it.each(fixture.runs)('takes the 30 steps torch took with maxGradNorm $maxGradNorm', async (run) => {
    const { beta1, beta2, epsilon, weightDecay, decayEnd, learningRates, initial } = fixture;
    const attributes = { beta1, beta2, epsilon, weightDecay, decayEnd, maxGradNorm: run.maxGradNorm };
    const { graph, updated, norm } = stepGraph(initial.length, attributes);
    const steps = fixture.gradients.map((gradient, index) => ({
      gradients: Float32Array.from(gradient),
      scalars: stepScalars(index + 1, learningRates[index]!, beta1, beta2),
    }));
    const results = await runOnBoth(graph, { parameters: Float32Array.from(initial) }, steps, [
      ...updated,
      norm,
    ]);
    const expected = [run.parameters, run.firstMoment, run.secondMoment, [run.norms.at(-1)!]];
    results.forEach(({ actual, expected: float64 }, index) => {
      expectClose(actual, expected[index]!, 5e-7, `kernel against torch, tensor ${index}`);
      expectClose(float64, expected[index]!, 5e-7, `float64 against torch, tensor ${index}`);
    });
  });

  it.each(elementCounts)('agrees with float64 at %i elements, decay on some', async (n) => {
    const random = seededNormal(n);
    const draw = () => Float32Array.from({ length: n }, random);
    const attributes = {
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.3,
      decayEnd: n >> 1,
      maxGradNorm: 0.5,
    };
    const { graph, updated } = stepGraph(n, attributes);
    const steps = [1, 2, 3].map((step) => ({
      gradients: draw(),
      scalars: stepScalars(step, 0.1, 0.9, 0.999),
    }));
    for (const { actual, expected } of await runOnBoth(graph, { parameters: draw() }, steps, updated)) {
      expectClose(actual, expected, 1e-6, `${n} elements`);
    }
  });

  it('does not move where gradients and moments are zero, and only decays', async () => {
    const attributes = {
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      weightDecay: 0.5,
      decayEnd: 2,
      maxGradNorm: 1,
    };
    const { graph, updated } = stepGraph(3, attributes);
    const steps = [{ gradients: new Float32Array(3), scalars: stepScalars(1, 0.5, 0.9, 0.95) }];
    const [parameters] = await runOnBoth(graph, { parameters: Float32Array.of(1, -2, 4) }, steps, updated);
    expect([...(parameters!.actual as Float32Array)]).toEqual([0.75, -1.5, 4]);
  });

  it('refuses clipping without a norm and a decay end outside', () => {
    const graph = new Graph();
    const flat = (name: string) => graph.variable(name, [4]);
    const scalars = graph.input('scalars', [3]);
    const tensors = {
      parameters: flat('p'),
      gradients: flat('g'),
      firstMoment: flat('m'),
      secondMoment: flat('v'),
      scalars,
      norm: null,
    };
    const attributes = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, decayEnd: 0 };
    expect(() => adamw(graph, tensors, { ...attributes, maxGradNorm: 1 })).toThrow(
      'adamw: clipping to 1 needs norm',
    );
    expect(() => adamw(graph, tensors, { ...attributes, maxGradNorm: null, decayEnd: 5 })).toThrow(
      'decayEnd, got 5, expected 0 to 4',
    );
  });
});
