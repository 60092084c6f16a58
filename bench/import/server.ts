/** Serves the benchmark's page, and beside it the weight file as a hub does: lists, and bytes by ranges. */
import { createReadStream, statSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createServer } from 'vite';

export const repository = 'bench/weights';
export const commit = '0'.repeat(40);
const config = '{"model_type":"llama"}';

export interface BenchServer {
  /** Addresses. */
  readonly page: string;
  readonly hub: string;
  close(): Promise<void>;
}

/** @param sha256 of the weight file, which a hub knows of large files */
export async function serve(weights: string, sha256: string): Promise<BenchServer> {
  const { size } = statSync(weights);
  const hub = createHttpServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'range');
    response.setHeader('access-control-expose-headers', 'content-range, link, etag');
    answer(request, response, { path: weights, size, sha256 });
  });
  await new Promise<void>((listening) => hub.listen(0, '127.0.0.1', listening));
  const pages = await createServer({
    configFile: false,
    root: resolve(import.meta.dirname, '../..'),
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    optimizeDeps: { entries: ['bench/import/index.html'] },
  });
  await pages.listen();
  return {
    page: pages.resolvedUrls!.local[0]!.replace(/\/$/, ''),
    hub: `http://127.0.0.1:${(hub.address() as AddressInfo).port}`,
    async close() {
      hub.closeAllConnections();
      hub.close();
      await pages.close();
    },
  };
}

interface Weights {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

function answer(request: IncomingMessage, response: ServerResponse, weights: Weights): void {
  const { pathname } = new URL(request.url!, 'http://hub');
  if (pathname.startsWith(`/api/models/${repository}/tree/`)) {
    const { size, sha256: oid } = weights;
    const entries = [
      { type: 'file', path: 'config.json', size: config.length, oid: commit },
      { type: 'file', path: 'model.safetensors', size, oid: commit, lfs: { oid, size, pointerSize: 134 } },
    ];
    response.setHeader('content-type', 'application/json').end(JSON.stringify(entries));
    return;
  }
  const { size } = weights;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined) {
    response.end(pathname.endsWith('/config.json') ? config : '');
    return;
  }
  const [start, end] = [Number(first), Math.min(Number(last), size - 1)];
  response.writeHead(206, {
    'content-range': `bytes ${start}-${end}/${size}`,
    'content-length': end - start + 1,
  });
  createReadStream(weights.path, { start, end, highWaterMark: 2 ** 20 }).pipe(response);
}
