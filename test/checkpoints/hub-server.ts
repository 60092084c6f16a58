/** A model hub on this machine: real HTTP with ranges, generated repositories, and the faults of real networks. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

export interface ServedRevision {
  readonly name: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** What happens to a request for bytes of a file: nothing, or what networks and servers do. */
export type Fault = 'none' | 'drop' | 'stall' | 'short' | 'long' | 'whole' | 'busy' | 'wrong range';

export interface HubServer {
  readonly address: string;
  /** Every request for a file, as `path bytes=…`. */
  readonly requests: string[];
  /** Decides what happens to a request for a file, by its number. */
  fault: (number: number) => Fault;
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

export function commitOf(name: string): string {
  return createHash('sha1').update(name).digest('hex');
}

/** Serves the revisions of one repository. */
export async function serveHub(repository: string, revisions: readonly ServedRevision[]): Promise<HubServer> {
  const hub: HubServer = { address: '', requests: [], fault: () => 'none' };
  const server = createServer((request, response) => respond(hub, repository, revisions, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return Object.assign(hub, { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function respond(
  hub: HubServer,
  repository: string,
  revisions: readonly ServedRevision[],
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = decodeURIComponent(new URL(request.url!, 'http://hub').pathname);
  const json = (value: unknown): void => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  };
  if (path === `/api/models/${repository}/refs`) {
    const branches = revisions.map(({ name }) => ({
      name,
      ref: `refs/heads/${name}`,
      targetCommit: commitOf(name),
    }));
    return json({ branches, converts: [], tags: [] });
  }
  for (const { name, files } of revisions) {
    if (path === `/api/models/${repository}/tree/${commitOf(name)}`) {
      const entries = Object.entries(files);
      return json(
        entries.map(([file, bytes]) => ({
          type: 'file',
          path: file,
          size: bytes.length,
          oid: commitOf(file),
        })),
      );
    }
    for (const [file, bytes] of Object.entries(files)) {
      if (path !== `/${repository}/resolve/${commitOf(name)}/${file}`) continue;
      hub.requests.push(`${file} ${request.headers.range ?? 'whole'}`);
      return respondBytes(bytes, request, response, hub.fault(hub.requests.length));
    }
  }
  response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
}

function respondBytes(
  bytes: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault,
): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  if (fault === 'busy') return void response.writeHead(503).end();
  if (first === undefined || fault === 'whole') return void response.writeHead(200).end(bytes);
  const [start, end] = [Number(first), Number(last) + 1];
  const body = bytes.subarray(start, end);
  const shift = fault === 'wrong range' ? 1 : 0;
  response.writeHead(206, { 'content-range': `bytes ${start + shift}-${end - 1 + shift}/${bytes.length}` });
  if (fault === 'none' || fault === 'wrong range') return void response.end(body);
  if (fault === 'long') return void response.end(Buffer.concat([body, Buffer.alloc(9)]));
  const half = body.subarray(0, body.length >> 1);
  if (fault === 'short') return void response.end(half);
  response.write(half);
  if (fault === 'drop') setTimeout(() => response.destroy(), 5);
}
