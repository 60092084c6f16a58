/** The GPU of the tests: Dawn in Node, opened once per test file's process. */
import { create, globals } from 'webgpu';
import { openGpu, type Gpu } from '../../src/gpu/device.ts';
import { findSoftwareDriver } from '../../scripts/browser.ts';

let opened: Promise<Gpu> | undefined;
/** Dawn's instance must outlive its devices: nothing else keeps it from being collected. */
let instance: GPU | undefined;

/** A device on this machine's adapter: a real GPU, lavapipe, or SwiftShader. */
export function testGpu(): Promise<Gpu> {
  if (!opened) {
    const driver = findSoftwareDriver();
    if (driver) process.env.VK_ICD_FILENAMES = driver;
    Object.assign(globalThis, globals);
    instance = create([]);
    opened = openGpu(instance);
  }
  return opened;
}
