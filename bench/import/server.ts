/** Serves the benchmark's page, and the weight file as a hub does: lists, and bytes by ranges. */
import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { createServer, type ViteDevServer } from 'vite';

export const repository = 'bench/weights';
export const commit = '0'.repeat(40);

export interface BenchServer {
  readonly address: string;
  readonly server: ViteDevServer;
}

export async function serve(weights: string): Promise<BenchServer> {
  const hub = hubOf({ 'config.json': '{"model_type":"llama"}' }, { 'model.safetensors': weights });
  const server = await createServer({
    configFile: false,
    root: resolve(import.meta.dirname, '../..'),
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    optimizeDeps: { entries: ['bench/import/index.html'] },
    plugins: [
      {
        name: 'hub',
        configureServer({ middlewares }) {
          middlewares.use((request, response, next) => (hub(request, response) ? undefined : next()));
        },
      },
    ],
  });
  await server.listen();
  return { address: server.resolvedUrls!.local[0]!.replace(/\/$/, ''), server };
}

function hubOf(texts: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>) {
  const sizes = [
    ...Object.entries(texts).map(([name, text]) => [name, text.length] as const),
    ...Object.entries(files).map(([name, path]) => [name, statSync(path).size] as const),
  ];
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = new URL(request.url!, 'http://hub').pathname;
    if (path.startsWith(`/api/models/${repository}/tree/`)) {
      const entries = sizes.map(([name, size]) => ({ type: 'file', path: name, size, oid: commit }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(entries));
      return true;
    }
    const name = path.startsWith(`/${repository}/resolve/`) ? path.split('/').at(-1)! : '';
    const size = sizes.find(([known]) => known === name)?.[1];
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (size === undefined) return false;
    const [start, end] =
      first === undefined ? [0, size - 1] : [Number(first), Math.min(Number(last), size - 1)];
    response.writeHead(first === undefined ? 200 : 206, {
      ...(first !== undefined && { 'content-range': `bytes ${start}-${end}/${size}` }),
      'content-length': end - start + 1,
    });
    if (name in files) createReadStream(files[name]!, { start, end }).pipe(response);
    else response.end(texts[name]!.slice(start, end + 1));
    return true;
  };
}
