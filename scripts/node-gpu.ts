/** WebGPU in Node, by Dawn: a real GPU where there is one, else the best software adapter at hand. */
import { create, globals } from 'webgpu';
import { NoGpuError, openGpu, type Gpu, type OpenOptions } from '../src/gpu/device.ts';
import { findSoftwareDriver, softwareDrivers } from './browser.ts';

/** Dawn's instances must outlive their devices, and nothing else keeps them from being collected. */
const instances: GPU[] = [];

/** Opens a device. The driver is `VK_ICD_FILENAMES` where set. Throws NoGpuError where no driver works. */
export async function openNodeGpu(options: OpenOptions = {}): Promise<Gpu> {
  Object.assign(globalThis, globals);
  const driver = findSoftwareDriver();
  if (driver) process.env.VK_ICD_FILENAMES = driver;
  try {
    return await openOnce(options);
  } catch (error) {
    // A render node without a Vulkan driver that Dawn accepts: virtual machines have such.
    const fallback = softwareDrivers()[0];
    if (!(error instanceof NoGpuError) || !fallback || process.env.VK_ICD_FILENAMES) throw error;
    process.env.VK_ICD_FILENAMES = fallback;
    return openOnce(options);
  }
}

function openOnce(options: OpenOptions): Promise<Gpu> {
  const instance = create([]);
  instances.push(instance);
  // As in a browser: tfjs and jax-js look for it there.
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: instance, userAgent: `Node.js/${process.versions.node}` },
    configurable: true,
    writable: true,
  });
  return openGpu(instance, options);
}

/** One line for people: the adapter's name, and whether it is software. */
export function describe({ adapter: { name, vendor, software } }: Gpu): string {
  const maker = name.toLowerCase().includes(vendor.toLowerCase()) ? '' : ` (${vendor})`;
  return `${name}${maker}${software ? ', software' : ''}`;
}
