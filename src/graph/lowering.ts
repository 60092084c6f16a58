/** Graph → dispatch list: every node's own lowering, in order, with the checks that only the whole list allows. */
import type { AdapterProfile } from '../gpu/device.ts';
import { fuseAdditions } from './fusion.ts';
import type { Graph } from './graph.ts';
import type { DeviceLimits, Dispatch, LoweringContext, Node } from './operation.ts';
import { sizeOf, type DType, type Shape, type Tensor } from './tensor.ts';

/** Kernel variants by `kernel:shape`, as tuning recorded them. */
export type KernelChoices = Readonly<Record<string, string>>;

/** The key under which a choice is recorded, e.g. `matmul-nt:512x2048x128`. */
export function choiceKey(kernel: string, shape: readonly number[]): string {
  return `${kernel}:${shape.join('x')}`;
}

/** WebGPU's guaranteed limits, for lowering without a device. */
export const portableLimits: DeviceLimits = {
  maxComputeWorkgroupsPerDimension: 65_535,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxStorageBufferBindingSize: 128 * 1024 * 1024,
  maxBufferSize: 256 * 1024 * 1024,
};

/** What may be assumed of any adapter. */
export const portableProfile: AdapterProfile = { software: false, subgroups: false, subgroupMinSize: 4 };

/** A place where a lowering has a choice, as it asked for it. */
export interface ChoicePoint {
  readonly key: string;
  readonly fallback: string;
  /** What is worth measuring; may name the fallback too. */
  readonly candidates: readonly string[];
}

/** What lowerings ask of their surroundings; `onChoice` hears of every choice they have. */
export function loweringContext(
  limits: DeviceLimits,
  choices: KernelChoices = {},
  profile: AdapterProfile = portableProfile,
  onChoice?: (point: ChoicePoint) => void,
): LoweringContext {
  let scratchCount = 0;
  return {
    limits,
    profile,
    scratch(label, shape, dtype = 'f32') {
      return scratchTensor(--scratchCount, `scratch.${label}`, shape, dtype);
    },
    choose(kernel, shape, fallback, candidates = () => []) {
      const key = choiceKey(kernel, shape);
      onChoice?.({ key, fallback, candidates: candidates() });
      return Object.hasOwn(choices, key) ? choices[key]! : fallback;
    },
  };
}

/** @param keep what is read after the last dispatch; every tensor, if left out, so that none is fused away */
export function lowerGraph(
  graph: Graph,
  limits: DeviceLimits,
  choices: KernelChoices = {},
  profile: AdapterProfile = portableProfile,
  keep?: readonly Tensor[],
): Dispatch[] {
  const context = loweringContext(limits, choices, profile);
  const overwrites = new Overwrites();
  const nodes = keep ? fuseAdditions(graph.nodes, keep) : graph.nodes;
  return nodes.flatMap((node) => {
    overwrites.check(node);
    return node.operation.lower(node, context);
  });
}

/** What an in-place operation wrote last: a range of a base, and the tensors that show the new value. */
interface Overwrite {
  readonly by: Node;
  readonly range: Tensor;
  readonly current: Set<Tensor>;
}

/** Finds reads of a tensor whose storage an in-place operation has since overwritten. */
class Overwrites {
  private readonly last = new Map<Tensor, Overwrite[]>();

  check(node: Node): void {
    const { operation, inputs, outputs } = node;
    for (const input of inputs) {
      const stale = this.meeting(input).find(({ current }) => !current.has(input));
      if (stale) {
        throw new Error(
          `${operation.name}: reads ${input.name} after ${stale.by.operation.name} overwrote it in place`,
        );
      }
    }
    for (const output of Object.keys(operation.alias ?? {})) {
      const tensor = outputs[Number(output)]!;
      for (const { current } of this.meeting(tensor)) current.add(tensor);
    }
    for (const output of Object.keys(operation.inPlace ?? {})) {
      const range = outputs[Number(output)]!;
      for (const { current } of this.meeting(range)) current.add(range);
      const others = this.last.get(range.base)?.filter((other) => !covers(range, other.range)) ?? [];
      this.last.set(range.base, [...others, { by: node, range, current: new Set([range]) }]);
    }
  }

  private meeting(tensor: Tensor): Overwrite[] {
    return this.last.get(tensor.base)?.filter(({ range }) => overlap(range, tensor)) ?? [];
  }
}

/** Whether the window `outer` holds all of `inner`, of one base. */
function covers(outer: Tensor, inner: Tensor): boolean {
  const end = (tensor: Tensor) => tensor.offset + sizeOf(tensor.shape);
  return outer.offset <= inner.offset && end(inner) <= end(outer);
}

/** Whether two windows of one base have an element in common. */
function overlap(a: Tensor, b: Tensor): boolean {
  return a.offset < b.offset + sizeOf(b.shape) && b.offset < a.offset + sizeOf(a.shape);
}

function scratchTensor(id: number, name: string, shape: Shape, dtype: DType): Tensor {
  const tensor = { id, role: 'intermediate' as const, name, shape, dtype, offset: 0, node: null };
  return Object.assign(tensor, { base: tensor as unknown as Tensor });
}
