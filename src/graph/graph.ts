/** The symbolic graph: tensors and the nodes that make them, in the order in which they run. */
import type { Node, Operation } from './operation.ts';
import {
  bytesOf,
  formatShape,
  sizeOf,
  widthOf,
  type DType,
  type Role,
  type Shape,
  type Tensor,
  type TensorType,
} from './tensor.ts';

/** Data of a constant, an input or a derived input. */
export type HostArray<Buffer extends ArrayBufferLike = ArrayBufferLike> =
  Float32Array<Buffer> | Int32Array<Buffer> | Uint32Array<Buffer>;

/** An input that the host computes from another input, e.g. token positions sorted by token. */
export interface Derivation {
  readonly from: Tensor;
  readonly to: readonly Tensor[];
  compute(data: HostArray): HostArray[];
}

/** Alignment of a view inside its base, in elements: WebGPU's 256-byte storage offset. */
export const viewAlignment = 64;
/** As `viewAlignment`, of views in bf16 too. */
export const bf16ViewAlignment = 128;

export class Graph {
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly variables = new Map<string, Tensor>();
  readonly constants = new Map<Tensor, HostArray>();
  readonly derivations: Derivation[] = [];
  private count = 0;

  /** A tensor the host writes before each step. */
  input(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    if (this.inputs.has(name)) throw new Error(`graph: two inputs are named ${name}`);
    const tensor = this.tensor('input', name, { shape, dtype });
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** A tensor that lives across steps; executables over one VariableStore share it by name. */
  variable(name: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const existing = this.variables.get(name);
    if (existing) throw new Error(`graph: two variables are named ${name}`);
    const tensor = this.tensor('variable', name, { shape, dtype });
    this.variables.set(name, tensor);
    return tensor;
  }

  constant(label: string, data: HostArray, shape: Shape = [data.length]): Tensor {
    const dtype = data instanceof Float32Array ? 'f32' : data instanceof Int32Array ? 'i32' : 'u32';
    const tensor = this.tensor('constant', label, { shape, dtype });
    this.constants.set(tensor, data);
    return tensor;
  }

  /** Inputs computed by the host from `from` whenever it is written. Asking twice for the same key gives the same. */
  derive(
    from: Tensor,
    key: string,
    types: readonly (TensorType & { name: string })[],
    compute: (data: HostArray) => HostArray[],
  ): Tensor[] {
    const names = types.map(({ name }) => `${from.name}.${key}.${name}`);
    const existing = names.map((name) => this.inputs.get(name));
    if (existing.every((tensor) => tensor !== undefined)) return existing;
    const to = types.map((type, index) => this.input(names[index]!, type.shape, type.dtype));
    this.derivations.push({ from, to, compute });
    return to;
  }

  /** A window of `base`, `offset` elements in. Reading it reads `base`. */
  view(base: Tensor, offset: number, shape: Shape, name: string): Tensor {
    if ((offset * widthOf(base.dtype)) % 256 !== 0 || offset + sizeOf(shape) > sizeOf(base.shape)) {
      throw new RangeError(
        `view ${name}: offset ${offset} of ${formatShape(shape)} does not fit ${formatShape(base.shape)}`,
      );
    }
    return this.tensor(
      base.role,
      name,
      { shape, dtype: base.dtype },
      { base: base.base, offset: base.offset + offset },
    );
  }

  /** Adds one node and returns its outputs. */
  apply<Attributes>(
    operation: Operation<Attributes>,
    inputs: readonly Tensor[],
    attributes: Attributes,
  ): Tensor[] {
    const types = operation.infer(inputs, attributes);
    const outputs: Tensor[] = [];
    const node: Node<Attributes> = { operation, attributes, inputs, outputs };
    types.forEach((type, index) => {
      const source = operation.inPlace?.[index] ?? operation.alias?.[index];
      const target = source === undefined ? undefined : inputs[source]!;
      if (target && bytesOf(target) !== bytesOf(type)) {
        throw new Error(`${operation.name}: output ${index} does not fit the input it shares storage with`);
      }
      const storage = target && { base: target.base, offset: target.offset };
      const role = target ? target.role : 'intermediate';
      outputs.push(this.tensor(role, `${operation.name}.${index}`, type, storage, node));
    });
    this.nodes.push(node);
    return outputs;
  }

  /**
   * One flat tensor that holds `parts` at `offsets`, without a copy: the parts' storage is moved into it. Each part
   * must be an intermediate made by a node, in no other pack, and not in place.
   */
  pack(name: string, size: number, parts: readonly Tensor[], offsets: readonly number[]): Tensor {
    const flat = this.tensor('intermediate', name, { shape: [size], dtype: 'f32' });
    parts.forEach((part, index) => {
      const shared = this.nodes.some(({ outputs }) =>
        outputs.some((other) => other !== part && other.base === part),
      );
      if (part.role !== 'intermediate' || part.base !== part || part.node === null || shared) {
        throw new Error(`pack ${name}: ${part.name} is not a plain intermediate with storage of its own`);
      }
      if (offsets[index]! % viewAlignment !== 0)
        throw new RangeError(`pack ${name}: offset of ${part.name} is not aligned`);
      const movable = part as { base: Tensor; offset: number };
      movable.base = flat;
      movable.offset = offsets[index]!;
    });
    return flat;
  }

  private tensor(
    role: Role,
    name: string,
    type: TensorType,
    storage?: { base: Tensor; offset: number },
    node: Node | null = null,
  ): Tensor {
    const tensor = { id: this.count++, role, name, shape: type.shape, dtype: type.dtype, node, offset: 0 };
    const complete = tensor as typeof tensor & { base: Tensor };
    complete.base = complete;
    return Object.assign(complete, storage);
  }
}
