/** What activation functions of one argument share: an operation from a function, its derivative and two shaders. */
import type { Shader } from '../gpu/shader.ts';
import type { Operation } from '../graph/operation.ts';
import { elementwise } from './elementwise.ts';

interface Activation {
  readonly name: string;
  readonly value: (x: number) => number;
  readonly derivative: (x: number) => number;
  /** Bindings x, y. */
  readonly forward: Shader;
  /** Bindings x, dy, dx. */
  readonly backward: Shader;
}

/** y = value(x) for every element of x, of any shape. */
export function activationOperation({
  name,
  value,
  derivative,
  forward,
  backward,
}: Activation): Operation<null> {
  const gradient: Operation<null> = {
    name: `${name}Backward`,
    infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }],
    reference: ([x, dy]) => [x!.map((at, index) => dy![index]! * derivative(at))],
    lower: ({ inputs: [x, dy], outputs: [dx] }, context) =>
      elementwise(backward, { x: x!, dy: dy!, dx: dx! }, context),
  };
  return {
    name,
    cheap: true,
    infer: ([x]) => [{ shape: x!.shape, dtype: 'f32' }],
    reference: ([x]) => [x!.map(value)],
    lower: ({ inputs: [x], outputs: [y] }, context) => elementwise(forward, { x: x!, y: y! }, context),
    backward: ({ graph, node, outputGradients: [dy] }) => graph.apply(gradient, [node.inputs[0]!, dy!], null),
  };
}
