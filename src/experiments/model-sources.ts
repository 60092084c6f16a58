/** Where an import's files come from: a commit of a hub, or files that the person gave to this page. */
import { folderFingerprint } from '../checkpoints/folder-fingerprint.ts';
import { Hub, type HubOptions } from '../checkpoints/hub.ts';
import { parseRevision, trajectory, type NamedRevision } from '../checkpoints/revisions.ts';
import type { ModelFolder } from '../checkpoints/weight-files.ts';
import { importSchema, ownFiles, type ImportSpec } from './spec.ts';

/** A folder whose files' lengths are known before any is read. */
export interface SizedFolder extends ModelFolder {
  readonly sizes: ReadonlyMap<string, number>;
}

export interface ModelSource {
  /** Lists the files of a commit. */
  folder(repository: string, commit: string, signal?: AbortSignal): Promise<SizedFolder>;
  /** Commits of the repository that are not imported but may have what these lack: its main branch first. */
  others(repository: string, signal?: AbortSignal): Promise<readonly string[]>;
}

export interface GivenRevision {
  readonly name: string;
  readonly files: readonly { readonly name: string; readonly file: Blob }[];
}

export class ModelSources {
  /** By fingerprint. */
  private readonly given = new Map<string, SizedFolder>();

  constructor(private readonly hubOptions: Omit<HubOptions, 'address'> = {}) {}

  /** The hub at an address. */
  hub(address: string, options: Omit<HubOptions, 'address'> = {}): Hub {
    return new Hub({ ...this.hubOptions, ...options, address });
  }

  of(address: string): ModelSource {
    return address === ownFiles ? this.files() : hubSource(this.hub(address));
  }

  /**
   * Takes files of one's own for as long as this page lives; resolves with the spec that imports them. Several
   * revisions are a trajectory if their names say at which step each stands.
   */
  async add(folder: string, revisions: readonly GivenRevision[]): Promise<ImportSpec> {
    const named: (NamedRevision & { readonly commit: string })[] = [];
    for (const { name, files } of revisions) {
      const commit = await this.take(new Map(files.map((each) => [each.name, each.file])));
      named.push({ ...parseRevision(name), commit });
    }
    const placed = trajectory(named);
    // Not 0, which is the untrained model.
    const alone = named.length === 1 && placed.length === 0 ? [{ ...named[0]!, step: 1 }] : placed;
    if (alone.length < named.length) {
      const names = named.map(({ name }) => name).join(', ');
      throw new RangeError(
        `import: ${folder} holds ${named.length} models, got the names ${names}, ` +
          'expected names that say their steps, such as checkpoint-500; or drop one of them by itself',
      );
    }
    return importSchema.parse({
      kind: 'import',
      hub: ownFiles,
      repository: folder,
      revisions: alone.map(({ name, commit, step, tokens }) => ({ name, commit, step, tokens })),
    });
  }

  private async take(blobs: ReadonlyMap<string, Blob>): Promise<string> {
    const commit = await folderFingerprint(blobs);
    this.given.set(commit, {
      names: [...blobs.keys()],
      sizes: new Map([...blobs].map(([name, { size }]) => [name, size])),
      open: (name) => Promise.resolve(blobs.get(name)!),
    });
    return commit;
  }

  private files(): ModelSource {
    return {
      folder: (repository, commit) => {
        const folder = this.given.get(commit);
        if (folder) return Promise.resolve(folder);
        const message =
          `import: the files of ${repository} are not at hand, for a page does not keep them over a reload; ` +
          'drop the same folder onto it again: what has been read is kept, and it goes on there';
        return Promise.reject(new Error(message));
      },
      others: () => Promise.resolve([]),
    };
  }
}

function hubSource(hub: Hub): ModelSource {
  return {
    async folder(repository, commit, signal) {
      const files = await hub.files(repository, commit, signal);
      const sizes = new Map(files.map(({ name, size }) => [name, size]));
      return { ...hub.folder(repository, commit, files, signal), sizes };
    },
    async others(repository, signal) {
      const revisions = await hub.revisions(repository, signal);
      const main = revisions.filter(({ name }) => name === 'main' || name === 'master');
      return [...main, ...revisions.slice(-1), ...revisions.slice(0, 1)].map(({ commit }) => commit);
    },
  };
}
