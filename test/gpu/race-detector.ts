/**
 * Finds data races in workgroup memory, whatever order the adapter happens to run invocations in. The kernel's source is
 * instrumented: every invocation logs its accesses to `var<workgroup>` arrays, each with its epoch, the number of barriers
 * passed. Two invocations that touched one element in one epoch, one of them writing, race: only a barrier orders them.
 * A software adapter may never show such a race in a kernel's results; here it always shows.
 */
import { bufferUsage, readBuffer } from '../../src/gpu/buffers.ts';
import type { Gpu } from '../../src/gpu/device.ts';
import { defineShader, packParams, specialize, type Shader } from '../../src/gpu/shader.ts';
import type { Dispatch } from '../../src/graph/operation.ts';
import { bytesOf, type Tensor } from '../../src/graph/tensor.ts';
import { barrier, capacity, elementBits, epochBits, instrument, workgroupSize } from './race-log.ts';

/** What a run found. */
export interface Races {
  /** Accesses to workgroup memory that were looked at: none, and the run proves nothing. */
  readonly accesses: number;
  /** Elements that raced, each counted once for each epoch in which it did. */
  readonly conflicts: number;
  /** The arrays that they belong to. */
  readonly arrays: readonly string[];
}

/** Values of the bound tensors by binding name; others are small numbers that differ. */
export type Values = Readonly<Record<string, (index: number) => number>>;

/** Whether a shader shares anything between its invocations. */
export function sharesMemory({ source }: Shader): boolean {
  return source.includes('var<workgroup>');
}

/** How many barriers stand in a shader's source. */
export function countBarriers({ source }: Shader): number {
  return source.split(barrier).length - 1;
}

/** The shader without its barrier number `index`. */
export function withoutBarrier(shader: Shader, index: number): Shader {
  const parts = shader.source.split(barrier);
  const source = [parts.slice(0, index + 1).join(barrier), parts.slice(index + 1).join(barrier)].join('');
  return { ...shader, source };
}

/** Runs one dispatch, instrumented, on buffers of its own. */
export async function findRaces(gpu: Gpu, dispatch: Dispatch, values: Values = {}): Promise<Races> {
  const [x, y, z] = dispatch.workgroups;
  const plain = specialize(dispatch.shader, dispatch.variant ?? {});
  const { source, arrays } = instrument(plain, [x, y]);
  const threads = workgroupSize(plain);
  const log = await runLogged(
    gpu,
    { ...dispatch, shader: defineShader(dispatch.shader.name, source) },
    values,
    {
      bytes: x * y * z * threads * capacity * 4,
    },
  );
  const found = { accesses: 0, conflicts: 0, arrays: new Set<string>() };
  for (let workgroup = 0; workgroup < x * y * z; workgroup++) {
    const start = workgroup * threads * capacity;
    judge(log.subarray(start, start + threads * capacity), arrays, found);
  }
  return { ...found, arrays: [...found.arrays] };
}

/** Adds what the invocations of one workgroup did to each other. */
function judge(
  log: Uint32Array,
  arrays: readonly string[],
  found: { accesses: number; conflicts: number; arrays: Set<string> },
): void {
  const many = -1;
  const touched = new Map<number, { by: number; written: boolean }>();
  const conflicts = new Set<number>();
  for (let at = 0; at < log.length; at++) {
    const word = log[at]!;
    if (word === 0) continue;
    const invocation = Math.floor(at / capacity);
    if (at % capacity === capacity - 1)
      throw new Error(`race detector: invocation ${invocation} made more than ${capacity - 1} accesses`);
    const writes = ((word >>> elementBits) & 1) === 1;
    const place = (word & ~(1 << elementBits)) >>> 0; // array, epoch and element
    const before = touched.get(place);
    found.accesses++;
    if (before && before.by !== invocation && (before.written || writes)) conflicts.add(place);
    const by = before && before.by !== invocation ? many : invocation;
    touched.set(place, { by, written: writes || (before?.written ?? false) });
  }
  found.conflicts += conflicts.size;
  for (const place of conflicts) found.arrays.add(arrays[(place >>> (elementBits + epochBits + 1)) & 7]!);
}

async function runLogged(
  gpu: Gpu,
  { shader, bindings, params, workgroups }: Dispatch,
  values: Values,
  { bytes }: { bytes: number },
): Promise<Uint32Array> {
  const { device } = gpu;
  const { pipeline, layout } = await gpu.pipelines.get(shader, {});
  const log = device.createBuffer({ size: bytes, usage: bufferUsage.storage });
  const buffers = new Map<Tensor, GPUBuffer>();
  const entries = shader.bindings.map(({ name, binding, access }) => {
    if (name === 'race_log') return { binding, resource: { buffer: log } };
    if (access === 'uniform') return { binding, resource: { buffer: uniform(device, shader, params) } };
    const tensor = bindings[name]!;
    if (!buffers.has(tensor)) buffers.set(tensor, fill(device, tensor, values[name]));
    return { binding, resource: { buffer: buffers.get(tensor)! } };
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({ layout, entries }));
  pass.dispatchWorkgroups(...workgroups);
  pass.end();
  device.queue.submit([encoder.finish()]);
  const logged = new Uint32Array(await readBuffer(gpu, log));
  for (const buffer of [log, ...buffers.values()]) buffer.destroy();
  return logged;
}

function uniform(device: GPUDevice, shader: Shader, params: Dispatch['params']): GPUBuffer {
  const packed = packParams(shader, params ?? {});
  const buffer = device.createBuffer({ size: packed.byteLength, usage: bufferUsage.uniform });
  device.queue.writeBuffer(buffer, 0, packed);
  return buffer;
}

function fill(device: GPUDevice, tensor: Tensor, value = (index: number) => (index % 7) / 7): GPUBuffer {
  const count = Math.ceil(bytesOf(tensor) / 16) * 4;
  const buffer = device.createBuffer({ size: count * 4, usage: bufferUsage.storage });
  const numbers = Array.from({ length: count }, (_, index) => value(index));
  device.queue.writeBuffer(
    buffer,
    0,
    tensor.dtype === 'f32' ? Float32Array.from(numbers) : Int32Array.from(numbers),
  );
  return buffer;
}
