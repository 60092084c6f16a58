/** The one thing a torch pickle may build: a tensor, as a view of a storage. Sizes are checked before any use. */
import { UnsafePickleError, WeightFileError } from './errors.ts';
import { byteLength, itemSizes, type Dtype } from './dtype.ts';
import { PickleGlobal, PickleTuple, type PickleHost } from './pickle-values.ts';

/** A storage that the pickle names: a file of the archive with this many elements. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly dtype: Dtype,
    /** Elements. */
    readonly length: number,
  ) {}
}

/** A view of a storage: element (i₀, i₁, …) lies at offset + Σ iₖ · strideₖ. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const storageTypes: Readonly<Record<string, Dtype>> = {
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.DoubleStorage': 'F64',
  'torch.ByteStorage': 'U8',
  'torch.CharStorage': 'I8',
  'torch.BoolStorage': 'BOOL',
  'torch.ShortStorage': 'I16',
  'torch.IntStorage': 'I32',
  'torch.LongStorage': 'I64',
};

/** PyTorch's own limit on the number of axes. */
const maxRank = 64;

const rebuildTensor = 'torch._utils._rebuild_tensor_v2';
const rebuildFromType = 'torch._tensor._rebuild_from_type_v2';
const orderedDict = 'collections.OrderedDict';
const tensorClass = 'torch.Tensor';
const allowed = new Set([
  rebuildTensor,
  rebuildFromType,
  orderedDict,
  tensorClass,
  ...Object.keys(storageTypes),
]);

/** Knows how to build tensors, and nothing else. */
export class TensorBuilder implements PickleHost {
  constructor(readonly file: string) {}

  allow(name: string): void {
    if (!allowed.has(name)) throw new UnsafePickleError(this.file, name.slice(0, 200));
  }

  call(callable: PickleGlobal, args: readonly unknown[]): unknown {
    switch (callable.name) {
      case orderedDict:
        if (args.length === 0) return new Map();
        throw this.fault('an OrderedDict made from arguments');
      case rebuildTensor:
        return this.#tensor(args);
      case rebuildFromType:
        return this.#tensorOfType(args);
      default:
        throw new UnsafePickleError(this.file, `${callable.name}(…)`);
    }
  }

  /** `('storage', type, key, location, elements)` */
  load(id: unknown): TorchStorage {
    const [kind, type, key, , length] = id instanceof PickleTuple ? id.items : [];
    const dtype = type instanceof PickleGlobal ? storageTypes[type.name] : undefined;
    if (kind !== 'storage' || dtype === undefined || typeof key !== 'string' || !isSize(length)) {
      throw this.fault('a persistent id that is no storage');
    }
    return new TorchStorage(key, dtype, length);
  }

  /** `(storage, offset, size, stride, requires_grad, backward_hooks[, metadata])` */
  #tensor([storage, offset, size, stride]: readonly unknown[]): TorchTensor {
    const shape = size instanceof PickleTuple ? size.items : [];
    const strides = stride instanceof PickleTuple ? stride.items : [];
    const rank = shape.length;
    // The rank first: a pickle may use one long tuple many times.
    const sizesFit =
      rank <= maxRank && rank === strides.length && shape.every(isSize) && strides.every(isSize);
    if (!(storage instanceof TorchStorage) || !isSize(offset) || !sizesFit) {
      throw this.fault('a tensor made from other than a storage, an offset, sizes and strides ≥ 0');
    }
    const bytes = byteLength(storage.dtype, shape);
    // A view that repeats elements (stride 0) could be of any size: no weight is one.
    if (bytes === null || bytes > storage.length * itemSizes[storage.dtype]) {
      throw this.fault(`a tensor of shape [${shape.join(', ')}] in a storage of ${storage.length} elements`);
    }
    const last = shape.reduce((sum, count, axis) => sum + (count - 1) * strides[axis]!, offset);
    if (bytes > 0 && !(last < storage.length)) {
      throw this.fault(`a tensor that ends at element ${last} of a storage of ${storage.length} elements`);
    }
    return new TorchTensor(storage, offset, shape, strides);
  }

  /** `(function, type, args, state)`: a tensor with attributes, which are not needed. */
  #tensorOfType([rebuild, type, args]: readonly unknown[]): unknown {
    const isTensor = type instanceof PickleGlobal && type.name === tensorClass;
    if (!isTensor || !(rebuild instanceof PickleGlobal) || rebuild.name !== rebuildTensor) {
      throw this.fault('a tensor of a class of its own');
    }
    if (!(args instanceof PickleTuple)) throw this.fault('a tensor without arguments');
    return this.#tensor(args.items);
  }

  fault(problem: string): WeightFileError {
    return new WeightFileError(this.file, null, `its pickle is not one of torch.save: ${problem}`);
  }
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
