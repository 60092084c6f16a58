/** The GPU of the tests: Dawn in Node, opened once per test file's process. */
import { openNodeGpu } from '../../scripts/node-gpu.ts';
import type { Gpu } from '../../src/gpu/device.ts';

let opened: Promise<Gpu> | undefined;

/** A device on this machine's adapter: a real GPU, lavapipe, or SwiftShader. */
export function testGpu(): Promise<Gpu> {
  return (opened ??= openNodeGpu());
}
