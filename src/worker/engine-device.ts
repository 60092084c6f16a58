/** The worker's GPU device: opened on first need, opened anew after it was lost, and what is said of it. */
import { openGpu, type Gpu } from '../gpu/device.ts';
import type { EngineEvent, EngineInfo } from './protocol.ts';

const reportedLimits = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
] as const;

export class EngineDevice {
  private opening: Promise<Gpu> | undefined;
  private described: EngineInfo | undefined;

  constructor(private readonly emit: (event: EngineEvent) => void) {}

  /** The device; a new one where the last was lost or has failed. @throws NoGpuError with advice when there is none. */
  async current(): Promise<Gpu> {
    const { opening } = this;
    const opened = await opening?.catch(() => undefined);
    // Unless somebody else who found it failed has opened another meanwhile.
    if (opened?.failed && this.opening === opening) {
      opened.destroy();
      this.opening = undefined;
    }
    this.opening ??= this.open().catch((error: unknown) => {
      this.opening = undefined;
      this.emit({
        type: 'device',
        state: 'unavailable',
        message: error instanceof Error ? error.message : String(error),
      });
      throw error;
    });
    return this.opening;
  }

  /** What is known of the adapter. @throws Error before a device was ever opened. */
  info(): EngineInfo {
    if (!this.described) throw new Error('engine: no GPU device has been opened yet');
    return this.described;
  }

  /** What is known of the adapter so far: nothing before a device was opened. */
  get known(): EngineInfo | undefined {
    return this.described;
  }

  /** Destroys the device, as a driver reset would. */
  async lose(): Promise<void> {
    (await this.current()).destroy();
  }

  private async open(): Promise<Gpu> {
    const again = this.described !== undefined;
    const gpu = await openGpu();
    const { adapter, device } = gpu;
    this.described = {
      adapter: adapter.name,
      vendor: adapter.vendor,
      architecture: adapter.architecture,
      software: adapter.software,
      features: [...device.features].sort(),
      limits: Object.fromEntries(reportedLimits.map((name) => [name, device.limits[name]])),
    };
    void gpu.lost.then((error) => {
      this.emit({
        type: 'device',
        state: 'lost',
        message: `${error.message} Runs go on from their last checkpoint.`,
      });
    });
    this.emit({ type: 'device', state: again ? 'recovered' : 'ready', message: adapter.name });
    return gpu;
  }
}
