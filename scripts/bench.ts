/** `npm run bench -- [name…] [--work NAME]… [--json FILE]`: see bench/command.ts. */
import type * as Command from '../bench/command.ts';
import { provisionBrowser, provisionVulkan } from './provision.ts';
import { runInNode } from './run-in-node.ts';

try {
  provisionBrowser(); // it brings the software driver for machines without a GPU
  provisionVulkan();
  const { main } = await runInNode<typeof Command>('bench/command.ts');
  // Dawn and vite would keep the process alive.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
