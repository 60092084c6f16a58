/** `npm run export-check -- [name…]`: exports models, and has Python's transformers read them back; see its command.ts. */
import type * as Command from '../test/export-check/command.ts';
import { provisionBrowser, provisionVulkan } from './provision.ts';
import { runInNode } from './run-in-node.ts';

try {
  provisionBrowser(); // it brings the software driver for machines without a GPU
  provisionVulkan();
  const { main } = await runInNode<typeof Command>('test/export-check/command.ts');
  // Dawn and vite would keep the process alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
