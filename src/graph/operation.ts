/**
 * What an operation is to the graph: shapes, a float64 reference, a lowering to kernel dispatches, and a backward
 * that adds nodes. The graph knows no operation by name.
 */
import type { AdapterProfile } from '../gpu/device.ts';
import type { Shader, Variant } from '../gpu/shader.ts';
import type { Graph } from './graph.ts';
import type { DType, Shape, Tensor, TensorType } from './tensor.ts';

/** A value of the float64 reference: floats as float64, token ids and counts as whole numbers in float64. */
export type ReferenceValue = Float64Array;

export interface Operation<Attributes = unknown> {
  readonly name: string;
  /** Output types from input types; throws `name: what is wrong, got …, expected …`. */
  infer(inputs: readonly TensorType[], attributes: Attributes): TensorType[];
  /** The outputs, slow and obvious, in float64. May return an input's own array only for an in-place output. */
  reference(inputs: readonly ReferenceValue[], node: Node<Attributes>): ReferenceValue[];
  /** The kernel dispatches that compute the outputs, in order. */
  lower(node: Node<Attributes>, context: LoweringContext): Dispatch[];
  /**
   * Adds the nodes that compute the gradients of the inputs and returns them; null where an input has none or
   * `needed` is false. An output that nothing downstream differentiates has the gradient null.
   */
  backward?(context: BackwardContext<Attributes>): (Tensor | null)[];
  /** Costs little beside the products around it: its outputs may be computed again in backward instead of kept. */
  readonly cheap?: boolean;
  /** Backward must read the very tensors of the forward pass: none computed again or stored in fewer bits. */
  readonly exact?: boolean;
  /** Outputs that backward needs to full precision: statistics of rows. */
  readonly exactOutputs?: readonly number[];
  /** Outputs that live in an input's storage: output index → input index. The input must not be read later. */
  readonly inPlace?: Readonly<Record<number, number>>;
  /** Outputs that are an input's storage under another shape, unchanged: output index → input index. */
  readonly alias?: Readonly<Record<number, number>>;
  /** Output 0 is the sum of the two inputs: may be computed by what makes one of them (see fusion.ts). */
  readonly sum?: true;
  /** The same with one more input, last, that is added to output 0. */
  readonly withAddend?: Operation<Attributes>;
  /** Of an operation with an addend: that may lie where output 0 is written, which then becomes a running total. */
  readonly accumulates?: true;
}

export interface Node<Attributes = unknown> {
  readonly operation: Operation<Attributes>;
  readonly attributes: Attributes;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

export interface BackwardContext<Attributes = unknown> {
  readonly graph: Graph;
  readonly node: Node<Attributes>;
  readonly outputGradients: readonly (Tensor | null)[];
  readonly needed: readonly boolean[];
}

/** One dispatch of one kernel. Which bindings are read and which written is read from the WGSL. */
export interface Dispatch {
  readonly shader: Shader;
  readonly variant?: Variant;
  /** By WGSL variable name; the `params` uniform is left out. */
  readonly bindings: Readonly<Record<string, Tensor>>;
  readonly params?: Readonly<Record<string, number>>;
  readonly workgroups: readonly [x: number, y: number, z: number];
  /** Useful floating-point operations, for whoever measures speed; left out where nobody counts them. */
  readonly flops?: number;
  /** Bytes that must move, where that is not what is bound, once each. */
  readonly bytes?: number;
}

/** What a lowering may ask of its surroundings. */
export interface LoweringContext {
  readonly limits: DeviceLimits;
  readonly profile: AdapterProfile;
  /** A temporary that lives only during this node's dispatches. */
  scratch(label: string, shape: Shape, dtype?: DType): Tensor;
  /**
   * A kernel variant chosen by tuning for this shape, or `fallback` where nothing was tuned.
   * @param candidates what is worth measuring on this adapter, if anything is
   */
  choose(
    kernel: string,
    shape: readonly number[],
    fallback: string,
    candidates?: () => readonly string[],
  ): string;
}

/** The limits a lowering depends on; the portable floor of WebGPU where no device is at hand. */
export interface DeviceLimits {
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
}

/** Workgroups for `count` items at `perWorkgroup` each, folded into two dimensions past the 1-D limit. The kernel's
 *  flat workgroup index is `workgroup_id.y * num_workgroups.x + workgroup_id.x`, and it must guard its tail. */
export function flatGrid(
  count: number,
  perWorkgroup: number,
  limits: DeviceLimits,
): [number, number, number] {
  const workgroups = Math.max(1, Math.ceil(count / perWorkgroup));
  const limit = limits.maxComputeWorkgroupsPerDimension;
  if (workgroups <= limit) return [workgroups, 1, 1];
  const rows = Math.ceil(workgroups / limit);
  return [Math.ceil(workgroups / rows), rows, 1];
}
