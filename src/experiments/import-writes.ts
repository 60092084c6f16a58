/** The names under which an import's revisions are written: what was interrupted is found again by its name. */
import { importName } from '../checkpoints/import-model.ts';
import type { ImportSpec } from './spec.ts';

export function writeName({ hub, repository }: ImportSpec, commit: string): string {
  return importName({ address: hub }, repository, commit);
}

/** All of a spec's, to give them up. */
export function writeNames(spec: ImportSpec): string[] {
  return spec.revisions.map(({ commit }) => writeName(spec, commit));
}
