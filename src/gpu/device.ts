/** The GPU device: asking for it, what it can do, and hearing at once when it fails or is lost. */
import { PipelineCache } from './pipeline-cache.ts';

/** No usable WebGPU; the message is for the person in front of the page. */
export class NoGpuError extends Error {
  override readonly name = 'NoGpuError';
}

/** The device is gone (driver reset, sleep, unplugged, destroyed). Everything on it is lost; start on a new one. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

export interface AdapterDescription {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** A CPU pretending to be a GPU: right for correctness, useless for absolute speed. */
  readonly software: boolean;
}

/** What choosing a kernel depends on, beside the limits. */
export interface AdapterProfile {
  /** A CPU pretending to be a GPU. */
  readonly software: boolean;
  /** WGSL's subgroup functions can be used. */
  readonly subgroups: boolean;
  /** The fewest invocations of a subgroup: 4 (WebGPU's floor) where the adapter does not say. */
  readonly subgroupMinSize: number;
}

/** GiB of a machine that does not say. */
const assumedMemory = 8;

/** A device with its pipeline cache. Errors that WebGPU reports out of band surface in `check()`. */
export class Gpu {
  readonly pipelines: PipelineCache;
  readonly lost: Promise<DeviceLostError>;
  private failure: Error | null = null;

  constructor(
    readonly device: GPUDevice,
    readonly adapter: AdapterDescription,
  ) {
    this.pipelines = new PipelineCache(device);
    device.addEventListener('uncapturederror', (event) => {
      this.failure ??= new Error(`GPU: ${event.error.message}`);
    });
    this.lost = device.lost.then((info) => {
      const error = new DeviceLostError(
        `GPU device lost (${info.reason}): ${info.message || 'no reason given'}`,
      );
      this.failure = error;
      return error;
    });
  }

  get limits(): GPUSupportedLimits {
    return this.device.limits;
  }

  get profile(): AdapterProfile {
    return {
      software: this.adapter.software,
      subgroups: this.device.features.has('subgroups'),
      subgroupMinSize: this.device.adapterInfo?.subgroupMinSize ?? 4,
    };
  }

  /**
   * Bytes a plan may ask for. A real GPU refuses what it lacks; a software adapter takes the machine's own memory,
   * page by page as it is written, until the system kills the browser.
   */
  get memoryBudget(): number {
    if (!this.adapter.software) return Infinity;
    const machine = (globalThis.navigator as { deviceMemory?: number } | undefined)?.deviceMemory;
    return ((machine ?? assumedMemory) / 2) * 1024 ** 3;
  }

  /** Whether something went wrong on it: what it computed since cannot be trusted, start on a new one. */
  get failed(): boolean {
    return this.failure !== null;
  }

  /** Throws what went wrong since the last check: a rejected submit would otherwise leave stale data behind. */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** Resolves when all submitted work is done; rejects if the device was lost meanwhile. */
  async finish(): Promise<void> {
    await this.device.queue.onSubmittedWorkDone();
    this.check();
  }

  destroy(): void {
    this.device.destroy();
  }
}

/** Limits worth raising above WebGPU's portable floor where the adapter grants more. */
const raisedLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxStorageBuffersPerShaderStage',
] as const;

/** Features used where present; every path has a portable twin without them. */
const usefulFeatures: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups'];

export interface OpenOptions {
  /** No features, and no limit above those that WebGPU guarantees everywhere: what every path must do with. */
  readonly portable?: boolean;
}

/** Asks `gpu` for a device with everything useful that the adapter grants. Throws NoGpuError with advice. */
export async function openGpu(
  gpu: GPU | undefined = globalThis.navigator?.gpu,
  { portable = false }: OpenOptions = {},
): Promise<Gpu> {
  if (!gpu) {
    throw new NoGpuError(
      'This browser has no WebGPU. Use a current Chrome or Edge (113 or later) on a desktop, over https or localhost.',
    );
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new NoGpuError(
      'WebGPU is here but offers no adapter. Update the graphics driver and check chrome://gpu; on a machine without a ' +
        'GPU start Chrome with --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader.',
    );
  }
  const requiredLimits: Record<string, number> = {};
  for (const limit of portable ? [] : raisedLimits) requiredLimits[limit] = adapter.limits[limit];
  const requiredFeatures = usefulFeatures.filter((feature) => !portable && adapter.features.has(feature));
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  return new Gpu(device, describeAdapter(adapter));
}

function describeAdapter(adapter: GPUAdapter): AdapterDescription {
  const { vendor, architecture, description, device } = adapter.info;
  const name = description || device || [vendor, architecture].filter(Boolean).join(' ') || 'unknown adapter';
  const software = /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(
    `${name} ${architecture} ${vendor}`,
  );
  return { name, vendor, architecture, software };
}
