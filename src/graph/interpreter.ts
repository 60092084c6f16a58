/** The float64 reference: the same graph, node by node, in plain TypeScript. Slow and obvious. */
import type { Graph, HostArray } from './graph.ts';
import type { ReferenceValue } from './operation.ts';
import { sizeOf, type Tensor } from './tensor.ts';

export type ReferenceVariables = Map<string, Float64Array>;

/** Runs graphs in float64 over variables that persist between calls, as an executable does over its store. */
export class Interpreter {
  private readonly storage = new Map<Tensor, Float64Array>();

  constructor(
    private readonly graph: Graph,
    readonly variables: ReferenceVariables = new Map(),
  ) {
    for (const [name, tensor] of graph.variables) {
      const size = sizeOf(tensor.shape);
      const value = variables.get(name) ?? new Float64Array(size);
      if (value.length !== size)
        throw new RangeError(`interpreter: ${name} has ${value.length} elements, expected ${size}`);
      variables.set(name, value);
      this.storage.set(tensor, value);
    }
    for (const [tensor, data] of graph.constants) this.storage.set(tensor, Float64Array.from(data));
  }

  /** One step: writes the inputs, computes every node. */
  run(inputs: Readonly<Record<string, HostArray | Float64Array>>): void {
    for (const [name, data] of Object.entries(inputs)) this.write(name, data);
    for (const node of this.graph.nodes) {
      const values = node.inputs.map((input) => this.read(input));
      const outputs = node.operation.reference(values, node);
      node.outputs.forEach((output, index) => this.store(output, outputs[index]!, node.operation.name));
    }
  }

  /** A tensor's current value (a window of its base's). */
  read(tensor: Tensor): ReferenceValue {
    const base = this.storage.get(tensor.base);
    if (!base) throw new Error(`interpreter: ${tensor.name} was read before it was written`);
    return base.subarray(tensor.offset, tensor.offset + sizeOf(tensor.shape));
  }

  private write(name: string, data: HostArray | Float64Array): void {
    const tensor = this.graph.inputs.get(name);
    if (!tensor) throw new Error(`interpreter: the graph has no input named ${name}`);
    this.store(tensor, Float64Array.from(data), name);
    for (const derivation of this.graph.derivations) {
      if (derivation.from !== tensor) continue;
      const results = derivation.compute(data as HostArray);
      derivation.to.forEach((target, index) => this.store(target, Float64Array.from(results[index]!), name));
    }
  }

  private store(tensor: Tensor, value: Float64Array, what: string): void {
    const size = sizeOf(tensor.shape);
    if (value.length !== size)
      throw new RangeError(`${what}: got ${value.length} elements for ${tensor.name}, expected ${size}`);
    let base = this.storage.get(tensor.base);
    if (!base) this.storage.set(tensor.base, (base = new Float64Array(sizeOf(tensor.base.shape))));
    base.set(value, tensor.offset);
  }
}
