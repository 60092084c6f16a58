/** Versions of what takes part in a measurement. */
import project from '../package.json' with { type: 'json' };

/** Exact versions by package name. */
export const versions: Readonly<Record<string, string>> = {
  amuro: project.version,
  ...project.dependencies,
  ...project.devDependencies,
};
