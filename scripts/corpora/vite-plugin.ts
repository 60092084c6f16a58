/**
 * The vite plugin of the bundled datasets: builds them once into `.cache/datasets`, serves them under `datasets/` of
 * the base in dev, and emits them into the build, from where preview serves them.
 */
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import { ensureCorpora } from './build.ts';

const FOLDER = 'datasets';

export function corporaPlugin(): Plugin {
  let cache = '';
  let base = '/';
  return {
    name: 'amuro:corpora',
    configResolved(config) {
      cache = join(config.root, '.cache', FOLDER);
      base = config.base;
    },
    configureServer(server) {
      // Not before the server listens: tools that only load the configuration (tests, checks) build nothing.
      server.httpServer?.once('listening', () => ensureCorpora(cache));
      server.middlewares.use((request, response, next) =>
        serve(cache, `${base}${FOLDER}/`, request, response, next),
      );
    },
    generateBundle() {
      ensureCorpora(cache);
      for (const file of datasetFiles(cache)) {
        this.emitFile({
          type: 'asset',
          fileName: `${FOLDER}/${file}`,
          source: readFileSync(join(cache, file)),
        });
      }
    },
  };
}

function datasetFiles(cache: string): string[] {
  return readdirSync(cache).filter((file) => file !== 'stamp.json');
}

function serve(
  cache: string,
  prefix: string,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
): void {
  const path = (request.url ?? '').split('?')[0]!;
  if (!path.startsWith(prefix)) return next();
  try {
    ensureCorpora(cache);
  } catch (error) {
    return next(error);
  }
  const file = path.slice(prefix.length);
  // Only names in the folder's own list: a path cannot lead out of it.
  if (!datasetFiles(cache).includes(file)) {
    response.statusCode = 404;
    response.end(`no dataset file ${file}`);
    return;
  }
  const full = join(cache, file);
  response.setHeader(
    'Content-Type',
    file.endsWith('.json') ? 'application/json' : 'application/x-ndjson; charset=utf-8',
  );
  response.setHeader('Content-Length', statSync(full).size);
  response.setHeader('Cache-Control', 'no-cache');
  createReadStream(full).on('error', next).pipe(response);
}
