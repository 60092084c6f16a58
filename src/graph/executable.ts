/**
 * The executable: a graph lowered to one list of dispatches over planned buffers, with pipelines compiled and bind
 * groups made once. A run writes the inputs and replays the list; nothing that changes per step is baked in.
 */
import { allocateBuffers, bufferUsage, readBuffer } from '../gpu/buffers.ts';
import type { AdapterProfile, Gpu } from '../gpu/device.ts';
import type { Pipeline } from '../gpu/pipeline-cache.ts';
import { widenBf16 } from './bf16.ts';
import { borrowSlots, withoutBorrowed } from './borrowed-slots.ts';
import { bind, packUniforms, uniformStride } from './binding.ts';
import type { Graph, HostArray } from './graph.ts';
import { lowerGraph, type KernelChoices } from './lowering.ts';
import { requirePlanFits, requireTensorFits, requireTensorsFit, type MemoryLimits } from './memory-limits.ts';
import { isPacked, joinTables, planMemory, type MemoryPlan, type MemoryTable } from './memory-plan.ts';
import type { DeviceLimits, Dispatch } from './operation.ts';
import { bytesOf, sizeOf, startOf, type Tensor } from './tensor.ts';
import type { VariableStore } from './variable-store.ts';

export interface CompileOptions {
  /** Tensors to read after a run. */
  readonly outputs?: readonly Tensor[];
  /** Kernel variants chosen by tuning, by kernel and shape. */
  readonly choices?: KernelChoices;
  /** Fill every intermediate buffer with NaN before the first run, so that reading what was not written shows. */
  readonly poison?: boolean;
  /** What is alive meanwhile over the same store: only together with this must it fit. */
  readonly beside?: readonly { readonly graph: Graph; readonly memory: MemoryTable }[];
  /** One that never runs at the same time: its slots serve this one too. */
  readonly borrow?: Executable | undefined;
  readonly onProgress?: (compiled: number, pipelines: number) => void;
}

export interface PreparedDispatch {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

export class Executable {
  /** How many submits one run is cut into, so that each stays short on the GPU. */
  submits = 1;

  private constructor(
    readonly gpu: Gpu,
    readonly graph: Graph,
    readonly store: VariableStore,
    readonly plan: MemoryPlan,
    /** Bytes of its own: what it borrows is the lender's. */
    readonly memory: MemoryTable,
    readonly prepared: readonly PreparedDispatch[],
    private readonly buffers: ReadonlyMap<Tensor, GPUBuffer>,
    private readonly slots: readonly GPUBuffer[],
    private readonly owned: readonly GPUBuffer[],
  ) {}

  /** Lowers, plans, allocates and compiles. Throws OutOfGpuMemoryError before anything is left allocated. */
  static async compile(
    gpu: Gpu,
    graph: Graph,
    store: VariableStore,
    options: CompileOptions = {},
  ): Promise<Executable> {
    requireTensorsFit(graph, gpu.limits);
    const { dispatches, plan } = planGraph(gpu, graph, options);
    const { borrow, beside = [] } = options;
    const borrowed = borrowSlots(plan.slots, borrow?.plan.slots ?? []);
    const memory = withoutBorrowed(plan, borrowed);
    requirePlanFits(joinTables([...beside, { graph, memory }]), gpu.memoryBudget);
    checkBindings(dispatches, gpu.limits);
    const pipelines = await compilePipelines(gpu, dispatches, options.onProgress);
    await store.ensure(graph.variables.values());
    const lent = new Map([...borrowed].map(([slot, index]) => [slot, borrow!.slots[index]!]));
    const { buffers, slots, owned, uniforms } = await allocate(gpu, graph, store, plan, dispatches, lent);
    const prepared = dispatches.map((dispatch, index) => {
      const { pipeline, layout } = pipelines[index]!;
      const bindGroup = bind(gpu.device, dispatch, layout, buffers, uniforms, index, startIn(plan));
      return { dispatch, pipeline, bindGroup };
    });
    const executable = new Executable(gpu, graph, store, plan, memory, prepared, buffers, slots, owned);
    if (options.poison) executable.poison();
    return executable;
  }

  /** Writes the inputs given (others keep their last value) and submits one replay. Does not wait. */
  run(inputs: Readonly<Record<string, HostArray>> = {}): void {
    this.gpu.check();
    for (const [name, data] of Object.entries(inputs)) this.writeInput(name, data);
    const perSubmit = Math.ceil(this.prepared.length / this.submits);
    for (let start = 0; start < this.prepared.length; start += perSubmit)
      this.submit(start, Math.min(start + perSubmit, this.prepared.length));
  }

  /** Reads a kept output, a variable or an input as f32 (or i32/u32 by its dtype; bf16 widened). Waits for all submitted runs. */
  async read(tensor: Tensor): Promise<HostArray> {
    const start = startIn(this.plan)(tensor.base) + startOf(tensor);
    const bytes = await readBuffer(this.gpu, this.bufferOf(tensor), start, bytesOf(tensor));
    if (tensor.dtype === 'f32') return new Float32Array(bytes);
    if (tensor.dtype === 'bf16') return widenBf16(new Uint16Array(bytes, 0, sizeOf(tensor.shape)));
    return tensor.dtype === 'i32' ? new Int32Array(bytes) : new Uint32Array(bytes);
  }

  /** The buffer that holds a tensor, perhaps among others. */
  bufferOf(tensor: Tensor): GPUBuffer {
    const buffer = this.buffers.get(tensor.base);
    if (!buffer) throw new Error(`executable: ${tensor.name} has no buffer; name it in outputs to keep it`);
    return buffer;
  }

  /** Frees this executable's own buffers (not the store's). Call after `gpu.finish()`. */
  destroy(): void {
    for (const buffer of this.owned) buffer.destroy();
  }

  /** A plain loop: in the first hundred steps the host's compiler has not yet made iterators and patterns cheap. */
  private submit(start: number, end: number): void {
    const { prepared } = this;
    const encoder = this.gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let current: GPUComputePipeline | undefined;
    for (let i = start; i < end; i++) {
      const next = prepared[i]!;
      if (next.pipeline !== current) pass.setPipeline((current = next.pipeline));
      pass.setBindGroup(0, next.bindGroup);
      const { workgroups } = next.dispatch;
      pass.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
    }
    pass.end();
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  private writeInput(name: string, data: HostArray): void {
    const tensor = this.graph.inputs.get(name);
    if (!tensor) throw new Error(`executable: the graph has no input named ${name}`);
    this.writeTensor(tensor, data);
    for (const derivation of this.graph.derivations) {
      if (derivation.from !== tensor) continue;
      const results = derivation.compute(data);
      derivation.to.forEach((target, index) => this.writeTensor(target, results[index]!));
    }
  }

  private writeTensor(tensor: Tensor, data: HostArray): void {
    if (data.length !== sizeOf(tensor.shape)) {
      throw new RangeError(
        `executable: input ${tensor.name} has ${data.length} elements, expected ${sizeOf(tensor.shape)}`,
      );
    }
    const buffer = this.buffers.get(tensor);
    if (buffer) this.gpu.device.queue.writeBuffer(buffer, 0, data as HostArray<ArrayBuffer>);
  }

  private poison(): void {
    const poisoned = new Set<GPUBuffer>();
    for (const tensor of this.plan.places.keys()) if (!isPacked(tensor)) poisoned.add(this.bufferOf(tensor));
    for (const buffer of poisoned) {
      this.gpu.device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4).fill(0x7fc00000));
    }
  }
}

/** What `Executable.compile` would run and allocate. Touches no GPU. */
export function planGraph(
  { limits, profile }: { readonly limits: DeviceLimits; readonly profile: AdapterProfile },
  graph: Graph,
  { choices, outputs = [] }: CompileOptions = {},
): { dispatches: Dispatch[]; plan: MemoryPlan } {
  const dispatches = lowerGraph(graph, limits, choices, profile, outputs);
  return { dispatches, plan: planMemory(graph, dispatches, outputs, limits.maxBufferSize) };
}

/** Where in its slot an intermediate starts, in bytes; everything else has a buffer to itself. */
function startIn({ places }: MemoryPlan): (base: Tensor) => number {
  return (base) => places.get(base)?.start ?? 0;
}

function checkBindings(dispatches: readonly Dispatch[], limits: MemoryLimits): void {
  for (const { shader, bindings } of dispatches) {
    const written = new Set<Tensor>();
    for (const { name, access } of shader.bindings)
      if (access === 'read_write') written.add(bindings[name]!.base);
    for (const { name, access } of shader.bindings) {
      if (access === 'uniform') continue;
      const tensor = bindings[name];
      if (!tensor) throw new Error(`${shader.name}: nothing is bound to ${name}`);
      if (access === 'read' && written.has(tensor.base)) {
        throw new Error(`${shader.name}: ${tensor.name} is read from a buffer that the same dispatch writes`);
      }
      if (bytesOf(tensor) > limits.maxStorageBufferBindingSize) {
        // A scratch tensor, which only the lowered list shows; large slots are the planner's affair.
        const named = { ...tensor, name: `${tensor.name} of ${shader.name}` };
        requireTensorFits(named, limits, 'use a smaller batch, context or vocabulary');
      }
    }
  }
}

async function compilePipelines(
  gpu: Gpu,
  dispatches: readonly Dispatch[],
  onProgress?: (compiled: number, pipelines: number) => void,
): Promise<Pipeline[]> {
  let compiled = 0;
  const pending = dispatches.map(({ shader, variant }) => gpu.pipelines.get(shader, variant ?? {}));
  const distinct = new Set(pending);
  for (const pipeline of distinct) {
    void pipeline.then(
      () => onProgress?.(++compiled, distinct.size),
      () => undefined, // reported by the await below
    );
  }
  return Promise.all(pending);
}

async function allocate(
  gpu: Gpu,
  graph: Graph,
  store: VariableStore,
  plan: MemoryPlan,
  dispatches: readonly Dispatch[],
  lent: ReadonlyMap<number, GPUBuffer>,
): Promise<{
  buffers: Map<Tensor, GPUBuffer>;
  slots: readonly GPUBuffer[];
  owned: readonly GPUBuffer[];
  uniforms: GPUBuffer;
}> {
  const bound = new Set(
    dispatches.flatMap(({ bindings }) => Object.values(bindings).map((tensor) => tensor.base)),
  );
  const own = [...graph.inputs.values(), ...graph.constants.keys()].filter((tensor) => bound.has(tensor));
  const ownSlots = [...plan.slots.keys()].filter((slot) => !lent.has(slot));
  const owned = await allocateBuffers(gpu, [
    ...ownSlots.map((slot) => ({ label: `slot ${slot}`, bytes: plan.slots[slot]!.bytes })),
    ...own.map((tensor) => ({ label: tensor.name, bytes: bytesOf(tensor) })),
    { label: 'params', bytes: Math.max(1, dispatches.length) * uniformStride, usage: bufferUsage.uniform },
  ]);
  const buffers = new Map<Tensor, GPUBuffer>();
  const slots = plan.slots.map((_, slot) => lent.get(slot) ?? owned[ownSlots.indexOf(slot)]!);
  for (const [tensor, { slot }] of plan.places) buffers.set(tensor, slots[slot]!);
  own.forEach((tensor, index) => buffers.set(tensor, owned[ownSlots.length + index]!));
  for (const [name, tensor] of graph.variables) buffers.set(tensor, store.buffer(name));
  for (const [tensor, data] of graph.constants) {
    const buffer = buffers.get(tensor);
    if (buffer) gpu.device.queue.writeBuffer(buffer, 0, data as HostArray<ArrayBuffer>);
  }
  const uniforms = owned.at(-1)!;
  gpu.device.queue.writeBuffer(uniforms, 0, packUniforms(dispatches));
  return { buffers, slots, owned, uniforms };
}
