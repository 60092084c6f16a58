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
export type Fault = 'none' | 'drop' | 'stall' | 'short' | 'long' | 'whole' | 'busy' | 'wrong range' | 'flip';

export interface HubServer {
  readonly address: string;
  /** Every request for a file, as `path bytes=…`. */
  readonly requests: string[];
  /** Every request for a list, by its path. */
  readonly lists: string[];
  /** Bytes of files that were sent. */
  readonly sent: { bytes: number };
  /** Milliseconds before each answer with bytes of a file. */
  delay: number;
  close(): Promise<void>;
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

/** What the hub says of a large file. */
function lfsOf(bytes: Uint8Array): object {
  const oid = createHash('sha256').update(bytes).digest('hex');
  return { oid, size: bytes.length, pointerSize: 134 };
}

/** Serves the revisions of one repository until the test ends. */
export async function serveHub(repository: string, revisions: readonly ServedRevision[]): Promise<HubServer> {
  const hub = await startHub(repository, revisions);
  stops.push(() => hub.close());
  return hub;
}

/** As `serveHub`, until it is closed. */
export async function startHub(repository: string, revisions: readonly ServedRevision[]): Promise<HubServer> {
  const server = createServer((request, response) => {
    // As the real one does for pages of other origins.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', 'content-range, link, etag, x-error-code');
    respond(hub, repository, revisions, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: HubServer = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    lists: [],
    sent: { bytes: 0 },
    delay: 0,
    fault: () => 'none',
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hub;
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
  if (path.startsWith('/api/')) hub.lists.push(path);
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
          ...(/\.(safetensors|bin)$/.test(file) && { lfs: lfsOf(bytes) }),
        })),
      );
    }
    for (const [file, bytes] of Object.entries(files)) {
      if (path !== `/${repository}/resolve/${commitOf(name)}/${file}`) continue;
      hub.requests.push(`${file} ${request.headers.range ?? 'whole'}`);
      const fault = hub.fault(hub.requests.length);
      setTimeout(() => (hub.sent.bytes += respondBytes(bytes, request, response, fault)), hub.delay);
      return;
    }
  }
  response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
}

/** Returns how many bytes it sends. */
function respondBytes(
  bytes: Uint8Array,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault,
): number {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const send = (status: number, body: Uint8Array): number => {
    response.writeHead(status).end(body);
    return body.length;
  };
  if (fault === 'busy') return send(503, new Uint8Array());
  if (first === undefined || fault === 'whole') return send(200, bytes);
  const [start, end] = [Number(first), Number(last) + 1];
  const body = bytes.subarray(start, end);
  const shift = fault === 'wrong range' ? 1 : 0;
  response.setHeader('content-range', `bytes ${start + shift}-${end - 1 + shift}/${bytes.length}`);
  if (fault === 'none' || fault === 'wrong range') return send(206, body);
  if (fault === 'long') return send(206, Buffer.concat([body, Buffer.alloc(9)]));
  if (fault === 'flip') return send(206, body.with(-1, body.at(-1)! ^ 1));
  const half = body.subarray(0, body.length >> 1);
  if (fault === 'short') return send(206, half);
  response.writeHead(206).write(half);
  if (fault === 'drop') setTimeout(() => response.destroy(), 5);
  return half.length;
}
