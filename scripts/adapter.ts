/** Prints the adapter that WebGPU in Node gets on this machine. A program of its own: a driver may crash it. */
import { describe, openNodeGpu } from './node-gpu.ts';

try {
  console.log(`WebGPU adapter in Node: ${describe(await openNodeGpu())}`);
  process.exit(0);
} catch (error) {
  console.error(`WebGPU adapter in Node: none. ${(error as Error).message}`);
  process.exit(1);
}
