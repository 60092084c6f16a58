/**
 * How long the GPU takes for a compute pass: by timestamp queries where the adapter has them, else by the clock, a pass
 * at a time. Chrome rounds timestamps to 100 µs, so whoever times a short kernel repeats it within the pass.
 */
import { bufferUsage } from './buffers.ts';
import type { Gpu } from './device.ts';

/** Records work into a pass. */
export type Encode = (pass: GPUComputePassEncoder) => void;

// GPUBufferUsage.QUERY_RESOLVE: the constant object is not defined everywhere in Node.
const QUERY_RESOLVE = 0x0200;
/** A query set's limit is 4096 queries, two for each pass; resolving begins at multiples of 256 bytes. */
const passesPerRound = 1024;
/** Empty submits whose median is taken off what the clock says. */
const emptySubmits = 5;

export class GpuTimer {
  private overhead: number | undefined;
  private readonly timestamps: boolean;

  /** @param timestamps false for the clock even where the adapter has timestamps */
  constructor(
    private readonly gpu: Gpu,
    timestamps = true,
  ) {
    this.timestamps = timestamps && gpu.device.features.has('timestamp-query');
  }

  get source(): 'timestamps' | 'clock' {
    return this.timestamps ? 'timestamps' : 'clock';
  }

  /** What a time can be off by, in ms: Chrome's rounding, or the jitter of an empty submit. */
  get resolution(): number {
    return 0.1;
  }

  /** Milliseconds of each pass, in order, each in a submit of its own so that none is long. Waits for all. */
  async time(passes: readonly Encode[]): Promise<number[]> {
    const times: number[] = [];
    for (let start = 0; start < passes.length; start += passesPerRound) {
      const round = passes.slice(start, start + passesPerRound);
      times.push(...(this.timestamps ? await this.byTimestamps(round) : await this.byClock(round)));
    }
    return times;
  }

  private async byTimestamps(passes: readonly Encode[]): Promise<number[]> {
    const { device } = this.gpu;
    const count = 2 * passes.length;
    const querySet = device.createQuerySet({ type: 'timestamp', count });
    const resolved = device.createBuffer({ size: 8 * count, usage: QUERY_RESOLVE | 0x0004 });
    const staging = device.createBuffer({ size: 8 * count, usage: bufferUsage.staging });
    try {
      passes.forEach((encode, index) => {
        const timestampWrites = {
          querySet,
          beginningOfPassWriteIndex: 2 * index,
          endOfPassWriteIndex: 2 * index + 1,
        };
        this.submit(encode, { timestampWrites });
      });
      const encoder = device.createCommandEncoder();
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(0x0001);
      this.gpu.check();
      const stamps = new BigUint64Array(staging.getMappedRange());
      return passes.map((_, index) => elapsed(stamps[2 * index]!, stamps[2 * index + 1]!));
    } catch (error) {
      this.gpu.check(); // a lost device explains more than the mapping error it caused
      throw error;
    } finally {
      querySet.destroy();
      resolved.destroy();
      staging.destroy();
    }
  }

  private async byClock(passes: readonly Encode[]): Promise<number[]> {
    this.overhead ??= await this.emptyTime();
    const times: number[] = [];
    for (const encode of passes) times.push(Math.max(0, (await this.clocked(encode)) - this.overhead));
    return times;
  }

  private async emptyTime(): Promise<number> {
    const times: number[] = [];
    for (let i = 0; i < emptySubmits; i++) times.push(await this.clocked(() => undefined));
    return times.sort((a, b) => a - b)[emptySubmits >> 1]!;
  }

  private async clocked(encode: Encode): Promise<number> {
    await this.gpu.finish();
    const start = performance.now();
    this.submit(encode);
    await this.gpu.finish();
    return performance.now() - start;
  }

  private submit(encode: Encode, descriptor?: GPUComputePassDescriptor): void {
    const encoder = this.gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass(descriptor);
    encode(pass);
    pass.end();
    this.gpu.device.queue.submit([encoder.finish()]);
  }
}

/** Nanoseconds to ms; a clock that was set back in between (a driver may) counts as nothing. */
function elapsed(begin: bigint, end: bigint): number {
  return end > begin ? Number(end - begin) / 1e6 : 0;
}
