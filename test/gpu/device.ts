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
