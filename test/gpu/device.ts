/** The GPU of the tests: Dawn in Node, opened once per test file's process. */
import { openNodeGpu } from '../../scripts/node-gpu.ts';
import type { Gpu } from '../../src/gpu/device.ts';

let opened: Promise<Gpu> | undefined;

/**
 * A device on this machine's adapter: a real GPU, lavapipe, or SwiftShader. With AMURO_PORTABLE=1 it has no features and
 * the limits that WebGPU guarantees everywhere, so that every test proves its portable path.
 */
export function testGpu(): Promise<Gpu> {
  return (opened ??= openNodeGpu({ portable: process.env.AMURO_PORTABLE === '1' }));
}

/** The same device under lower limits than it has: what is planned for it must keep to them. */
export function limitedGpu(gpu: Gpu, lower: Partial<Record<keyof GPUSupportedLimits, number>>): Gpu {
  const limits = new Proxy(gpu.limits, {
    get: (real, name: keyof GPUSupportedLimits) => lower[name] ?? real[name],
  });
  return Object.create(gpu, { limits: { value: limits } }) as Gpu;
}
