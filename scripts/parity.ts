/** `npm run parity -- DIR…`: compares conformance directories with the engine; exits 1 if anything is over. */
import type * as Command from '../test/conformance/command.ts';
import { provisionBrowser, provisionVulkan } from './provision.ts';
import { runInNode } from './run-in-node.ts';

try {
  provisionBrowser(); // it brings the software driver for machines without a GPU
  provisionVulkan();
  const { main } = await runInNode<typeof Command>('test/conformance/command.ts');
  // Dawn and vite would keep the process alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
