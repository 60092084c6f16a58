/** What an import will bring: looked at, and refused where it must be, before any weight is downloaded. */
import { readConfig } from '../checkpoints/import-model.ts';
import type { Json } from '../checkpoints/manifest.ts';
import { weightFileNames } from '../checkpoints/weight-files.ts';
import type { ModelSource, SizedFolder } from './model-sources.ts';
import { modelFromConfig } from './model-from-spec.ts';
import { translateConfig } from './published-form.ts';
import type { ImportedRevision } from './spec.ts';

export interface PlannedRevision {
  readonly revision: ImportedRevision;
  readonly folder: SizedFolder;
  /** In transformers' words, whatever those of the files are. */
  readonly config: Json;
  /** Of its weight files: what is downloaded, or somewhat more. */
  readonly bytes: number;
}

/** Looks at a revision's files and config. @throws Error naming the revision and what of it cannot be used. */
export async function planRevision(
  source: ModelSource,
  repository: string,
  revision: ImportedRevision,
  signal?: AbortSignal,
): Promise<PlannedRevision> {
  const folder = await source.folder(repository, revision.commit, signal);
  try {
    const config = translateConfig(await readConfig(folder));
    modelFromConfig(config as Record<string, unknown>);
    const names = await weightFileNames(folder);
    const bytes = names.reduce((sum, name) => sum + (folder.sizes.get(name) ?? 0), 0);
    return { revision, folder, config, bytes };
  } catch (cause) {
    signal?.throwIfAborted();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`import: ${repository}, ${revision.name}: ${reason}`, { cause });
  }
}

/**
 * The folder whose tokenizer.json serves all revisions: theirs, the latest first, else the repository's own.
 * @throws Error that says what to do where there is none
 */
export async function findTokenizer(
  source: ModelSource,
  repository: string,
  planned: readonly SizedFolder[],
  signal?: AbortSignal,
): Promise<SizedFolder> {
  const has = ({ names }: SizedFolder): boolean => names.includes('tokenizer.json');
  const own = planned.findLast(has);
  if (own) return own;
  for (const commit of await source.others(repository, signal)) {
    const folder = await source.folder(repository, commit, signal);
    if (has(folder)) return folder;
  }
  throw new Error(
    `import: ${repository} has no tokenizer.json, expected one beside the weights; ` +
      'name a repository that has it by the spec’s tokenizer, or let transformers write one ' +
      '(AutoTokenizer.from_pretrained(…).save_pretrained(…)) and drop it with the weights',
  );
}
