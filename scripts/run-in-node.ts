/**
 * Loads a module of ours in Node the way the app's bundler does, so that `import … from 'x.wgsl?raw'` works. Packages
 * stay Node's own.
 */
import { resolve } from 'node:path';
import { createServer } from 'vite';

/** Imports `file` (from the repository's root) and what it imports, also later; the caller ends the process. */
export async function runInNode<Module>(file: string): Promise<Module> {
  const server = await createServer({
    configFile: false,
    root: resolve(import.meta.dirname, '..'),
    appType: 'custom',
    logLevel: 'error',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  return (await server.ssrLoadModule(`/${file}`)) as Module;
}
