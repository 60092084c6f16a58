/** Where an import's files come from: a commit of a hub, or files that the person gave to this page. */
import { folderFingerprint } from '../checkpoints/folder-fingerprint.ts';
import { Hub, type HubOptions } from '../checkpoints/hub.ts';
import { parseRevision } from '../checkpoints/revisions.ts';
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

export interface GivenFile {
  readonly name: string;
  readonly file: Blob;
}

export class ModelSources {
  /** By fingerprint. */
  private readonly given = new Map<string, SizedFolder>();

  constructor(private readonly hubOptions: Omit<HubOptions, 'address'> = {}) {}

  /** The hub at an address. */
  hub(address: string): Hub {
    return new Hub({ ...this.hubOptions, address });
  }

  of(address: string): ModelSource {
    return address === ownFiles ? this.files() : hubSource(this.hub(address));
  }

  /** Takes a folder's files for as long as this page lives; resolves with the spec that imports them. */
  async add(folder: string, files: readonly GivenFile[]): Promise<ImportSpec> {
    const blobs = new Map(files.map(({ name, file }) => [name, file]));
    const commit = await folderFingerprint(blobs);
    this.given.set(commit, {
      names: [...blobs.keys()],
      sizes: new Map([...blobs].map(([name, { size }]) => [name, size])),
      open: (name) => Promise.resolve(blobs.get(name)!),
    });
    const { step, tokens } = parseRevision(folder);
    // Not 0, which is the untrained model.
    const revisions = [{ name: folder, commit, step: step ?? 1, tokens }];
    return importSchema.parse({ kind: 'import', hub: ownFiles, repository: folder, revisions });
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
