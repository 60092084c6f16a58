/** A model hub: the revisions of a repository, the files of one, and their bytes by ranges. */
import { downloadFile, listFiles } from '@huggingface/hub';
import { z } from 'zod';
import { BufferPool } from './buffer-pool.ts';
import type { ByteSource } from './byte-source.ts';
import { HubError, hubFetch, type HubFetchOptions } from './hub-fetch.ts';
import { readAhead } from './read-ahead.ts';
import { parseRevision, type NamedRevision } from './revisions.ts';
import { fileNameProblem } from './tensor-name.ts';
import { verifiedSource } from './verified-source.ts';
import type { ModelFolder } from './weight-files.ts';

export const publicHub = 'https://huggingface.co';

/** Where and how to ask; `address` is settable for mirrors and tests. */
export type HubOptions = Partial<Omit<HubFetchOptions, 'signal' | 'buffers'>>;

export interface HubRevision extends NamedRevision {
  /** The commit it stood at when it was listed: names can move, commits cannot. */
  readonly commit: string;
}

export interface HubFile {
  readonly name: string;
  readonly size: number;
  /** The hub's own hash of the content. */
  readonly oid: string;
}

const commitPattern = /^[0-9a-f]{40}$/;
const sha256Pattern = /^[0-9a-f]{64}$/;
const refSchema = z.object({ name: z.string(), targetCommit: z.string().regex(commitPattern) });
const refsSchema = z.object({ branches: z.array(refSchema), tags: z.array(refSchema).default([]) });

export class Hub {
  readonly address: string;

  constructor(private readonly options: HubOptions = {}) {
    this.address = (options.address ?? publicHub).replace(/\/+$/, '');
  }

  /**
   * Branches and tags by tokens or step, those that say neither last.
   * @param repository `owner/name`
   * @throws HubError
   */
  async revisions(repository: string, signal?: AbortSignal): Promise<HubRevision[]> {
    const url = `${this.address}/api/models/${checkedRepository(repository)}/refs`;
    const response = await this.#fetch(signal)(url);
    const parsed = refsSchema.safeParse(await response.json().catch(() => null));
    if (!parsed.success) throw new HubError(url, response.status, 'not a list of branches and tags');
    const refs = [...parsed.data.branches, ...parsed.data.tags];
    const revisions = refs.map(({ name, targetCommit }) => ({
      ...parseRevision(name),
      commit: targetCommit,
    }));
    const order = ({ step, tokens }: NamedRevision): number => tokens ?? step ?? Infinity;
    const stages = (a: NamedRevision, b: NamedRevision): number =>
      (a.stage ?? '').localeCompare(b.stage ?? '');
    return revisions.sort((a, b) => stages(a, b) || order(a) - order(b) || (a.step ?? 0) - (b.step ?? 0));
  }

  /** The files at the top of a commit, with their sizes. */
  async files(repository: string, commit: string, signal?: AbortSignal): Promise<HubFile[]> {
    const files: HubFile[] = [];
    const repo = { type: 'model', name: checkedRepository(repository) } as const;
    const revision = checkedCommit(commit);
    for await (const entry of listFiles({
      repo,
      revision,
      hubUrl: this.address,
      fetch: this.#fetch(signal),
    })) {
      if (entry.type !== 'file' || fileNameProblem(entry.path) !== null) continue;
      files.push({
        name: entry.path,
        size: entry.lfs?.size ?? entry.size,
        oid: entry.lfs?.oid ?? entry.oid ?? '',
      });
    }
    return files;
  }

  /** A commit's files as a folder that downloads what is read of it. */
  folder(repository: string, commit: string, files: readonly HubFile[], signal?: AbortSignal): ModelFolder {
    const buffers = new BufferPool();
    const open = async (name: string): Promise<ByteSource> => {
      const file = files.find((candidate) => candidate.name === name);
      if (!file)
        throw new RangeError(`open ${name}: no such file in ${repository}, expected one of its files`);
      const bytes = await this.#open(repository, commit, file, this.#fetch(signal, buffers));
      // Large files carry their SHA-256; of small ones the hub knows git's hash of another form.
      const source = sha256Pattern.test(file.oid) ? verifiedSource({ name, bytes }, file.oid) : bytes;
      return readAhead(source, buffers);
    };
    return { names: files.map(({ name }) => name), open };
  }

  async #open(
    repository: string,
    commit: string,
    file: HubFile,
    fetch: typeof globalThis.fetch,
  ): Promise<ByteSource> {
    const path = encodeURIComponent(file.name);
    const url = `${this.address}/${checkedRepository(repository)}/resolve/${checkedCommit(commit)}/${path}`;
    const blob = await downloadFile({
      repo: { type: 'model', name: repository },
      path: file.name,
      revision: commit,
      hubUrl: this.address,
      fetch,
      // Plain ranges: they can be checked, resumed, and served by any mirror.
      xet: false,
      downloadInfo: { size: file.size, etag: file.oid, url },
    });
    if (!blob) throw new HubError(url, 404, 'the hub does not have it');
    return blob;
  }

  #fetch(signal?: AbortSignal, buffers = new BufferPool()): typeof fetch {
    return hubFetch({ ...this.options, address: this.address, signal, buffers });
  }
}

function checkedRepository(repository: string): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(repository) && !repository.includes('..')) return repository;
  throw new TypeError(`hub: not a repository, got ${JSON.stringify(repository)}, expected owner/name`);
}

function checkedCommit(commit: string): string {
  if (commitPattern.test(commit)) return commit;
  throw new TypeError(
    `hub: not a commit, got ${JSON.stringify(commit)}, expected 40 hex digits from revisions()`,
  );
}
