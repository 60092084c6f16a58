/** Which of the dropped files are models: a folder, or files dropped together, with config.json and weights. */
import type { DroppedFile } from './dropped-files.ts';

export interface DroppedModel {
  /** Name of the folder that was dropped. */
  readonly folder: string;
  /** One, or a folder's subfolders `checkpoint-500`, … as the revisions of a trajectory. */
  readonly revisions: {
    readonly name: string;
    readonly files: { readonly name: string; readonly file: File }[];
  }[];
}

const weights = /\.(?:safetensors|bin)$/;
/** What an import reads of a folder; the rest (optimizer states, logs) stays where it is. */
const wanted = /\.(?:safetensors|bin|json)$/;

/** Parts the models from other files. */
export function findModels(dropped: readonly DroppedFile[]): {
  readonly models: readonly DroppedModel[];
  readonly others: readonly File[];
} {
  const places = groupBy(dropped, ({ path }) => path.slice(0, path.lastIndexOf('/') + 1));
  const isModel = (files: readonly DroppedFile[]): boolean =>
    files.some(({ file }) => file.name === 'config.json') &&
    files.some(({ file }) => weights.test(file.name));
  const found = [...places].filter(([, files]) => isModel(files));
  const roots = groupBy(found, ([place]) => place.split('/')[0]!);
  const models = [...roots].map(([root, group]) => ({
    folder: root || 'model',
    revisions: group.map(([place, files]) => ({
      name: place.split('/').at(-2) ?? 'model',
      files: files.map(({ file }) => ({ name: file.name, file })).filter(({ name }) => wanted.test(name)),
    })),
  }));
  // What lies beside a model in its folder nobody has dropped as data; what was dropped by itself has a use.
  const isOther = ({ path, file }: DroppedFile): boolean => {
    const root = path.includes('/') ? path.split('/')[0]! : '';
    return !roots.has(root) || (root === '' && !wanted.test(file.name));
  };
  return { models, others: dropped.filter(isOther).map(({ file }) => file) };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
