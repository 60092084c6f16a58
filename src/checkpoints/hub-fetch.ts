/**
 * `fetch` for the hub: gives up on answers that stall, checks that a range is answered by exactly that range, tries
 * again what may succeed, and asks no host but the hub's.
 */

import { BufferPool } from './buffer-pool.ts';

export class HubError extends Error {
  override readonly name = 'HubError';

  /** @param status HTTP status; null when there was no answer */
  constructor(
    readonly url: string,
    readonly status: number | null,
    problem: string,
    cause?: unknown,
  ) {
    super(`download ${url}: ${problem}`, { cause });
  }
}

export interface HubFetchOptions {
  /** The only origin that is asked; it may redirect to its own storage. */
  readonly address: string;
  readonly fetch?: typeof fetch;
  readonly signal?: AbortSignal | undefined;
  /** How often an answer that failed is asked for again. */
  readonly retries?: number;
  /** Milliseconds before the first retry; doubles from one to the next. */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which an answer counts as dropped. */
  readonly idleTimeout?: number;
  /** Where the buffers of ranges come from. */
  readonly buffers?: BufferPool;
}

/** No list or small file of the hub is longer; weight files are asked for in ranges. */
const maxBodyBytes = 2 ** 26;

/** Networks deliver crumbs; no connection that is alive takes as long as the timeout for this much. */
const minReadBytes = 2 ** 16;

/** A `fetch` whose answers have arrived whole. Throws HubError, or the signal's reason. */
export function hubFetch(options: HubFetchOptions): typeof fetch {
  const { address, signal, retries = 5, retryDelay = 500 } = options;
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (new URL(url).origin !== new URL(address).origin) {
      throw new HubError(url, null, `another host than the hub, expected ${address}`);
    }
    for (let attempt = 0; ; attempt++) {
      try {
        return await answer(url, init, options);
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof HubError) || !mayPass(error.status) || attempt >= retries) throw error;
        await pause(retryDelay * 2 ** attempt, signal);
      }
    }
  };
}

/** No answer, a broken one, a busy or a failing server may be better the next time; a refusal will not. */
function mayPass(status: number | null): boolean {
  return status === null || status === 429 || status >= 500 || status === 200 || status === 206;
}

async function answer(
  url: string,
  init: RequestInit | undefined,
  options: HubFetchOptions,
): Promise<Response> {
  const { fetch: ask = fetch, signal, idleTimeout = 30_000, buffers = new BufferPool() } = options;
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), idleTimeout);
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(), idleTimeout);
  };
  try {
    const signals = signal ? [stalled.signal, signal] : [stalled.signal];
    const response = await ask(url, { ...init, signal: AbortSignal.any(signals) });
    if (response.status >= 400) throw new HubError(url, response.status, refusal(response.status));
    const range = new Headers(init?.headers).get('range');
    const body = range
      ? await readRange(url, response, buffers.take(rangeLength(url, response, range)), alive)
      : await readWhole(url, response, alive);
    return arrived(response, body);
  } catch (error) {
    if (error instanceof HubError) throw error;
    const problem = stalled.signal.aborted
      ? `no byte for ${idleTimeout} ms`
      : `no answer (${String(error)}); check the network, or drop the files onto the page instead`;
    throw new HubError(url, null, problem, error);
  } finally {
    clearTimeout(timer);
  }
}

function refusal(status: number): string {
  if (status === 401 || status === 403) {
    return (
      `the hub refuses it, got status ${status}: there is no public repository of this name, or its owner asks for ` +
      `consent; check the name, or fetch the files there yourself and drop their folder onto the page`
    );
  }
  if (status === 404) return `the hub does not have it, got status 404; check repository and revision`;
  return `the hub failed, got status ${status}, expected 200 or 206`;
}

/** The number of bytes asked for, once the answer says that it is this range. */
function rangeLength(url: string, response: Response, range: string): number {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  const got = response.headers.get('content-range');
  // A store that the hub redirects to may keep the header from pages of other origins; the length still speaks.
  if (response.status !== 206 || (got !== null && !got.startsWith(`bytes ${start}-${end}/`))) {
    // As a refusal: a server that does not know ranges will not learn them by the next attempt.
    throw new HubError(
      url,
      416,
      `the server does not answer ranges, got ${got ?? 'the whole file'}, expected ${range}`,
    );
  }
  return Number(end) - Number(start) + 1;
}

/** A list or a small file, which come without a length. */
async function readWhole(url: string, { body, status }: Response, alive: () => void): Promise<Blob> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let got = 0;
  for await (const piece of body ?? []) {
    alive();
    got += piece.length;
    if (got > maxBodyBytes)
      throw new HubError(url, status, `too long an answer, got ${got} bytes, expected ${maxBodyBytes}`);
    pieces.push(piece);
  }
  return new Blob(pieces);
}

/**
 * A range, read straight into its place in one buffer: a model is downloaded by thousands of them, and what arrives
 * would otherwise be garbage many times over.
 */
async function readRange(
  url: string,
  { body, status }: Response,
  empty: ArrayBuffer,
  alive: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const expected = empty.byteLength;
  const reader = body!.getReader({ mode: 'byob' });
  let buffer = empty;
  let got = 0;
  while (got < expected) {
    const min = Math.min(minReadBytes, expected - got);
    const { value, done } = await reader.read(new Uint8Array(buffer, got), { min });
    if (done) throw new HubError(url, status, `the connection was dropped, got ${got} of ${expected} bytes`);
    alive();
    got += value.length;
    buffer = value.buffer;
  }
  const { done } = await reader.read(new Uint8Array(1));
  if (done) return new Uint8Array(buffer);
  await reader.cancel();
  throw new HubError(url, status, `too long an answer, got more than ${expected} bytes`);
}

/** An answer made here of one that has arrived; it has no address of its own, which the hub library looks at. */
function arrived({ status, headers, url }: Response, body: Blob | Uint8Array<ArrayBuffer>): Response {
  const isRange = body instanceof Uint8Array;
  const response = new Response(isRange ? null : body, { status, headers });
  Object.defineProperty(response, 'url', { value: url });
  // As a body, the bytes would be copied twice, and the copies kept until the next garbage collection.
  if (isRange) Object.defineProperty(response, 'arrayBuffer', { value: () => Promise.resolve(body.buffer) });
  return response;
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
