/** Which tensor and file names are accepted from files that somebody else made. */

const maxNameLength = 512;
const controlCharacters = /[\u0000-\u001f\u007f]/;

/**
 * What is wrong with a tensor's name, or null. Names become object keys, text on the page and, in other tools, paths:
 * `..`, slashes, control characters and the names of object internals have no place in a state dict.
 */
export function tensorNameProblem(name: string): string | null {
  if (name === '') return 'has an empty name';
  if (name.length > maxNameLength)
    return `has a name of ${name.length} characters, expected at most ${maxNameLength}`;
  if (name.includes('..') || /[/\\]/.test(name)) return 'has a name like a path, expected a state-dict name';
  if (controlCharacters.test(name)) return 'has a control character in its name';
  if (name === '__proto__' || name === '__metadata__') return 'has a reserved name';
  return null;
}

/** What is wrong with the name of a weight file that an index names, or null: it must lie beside the index. */
export function fileNameProblem(name: string): string | null {
  if (name === '' || name.includes('..') || /[/\\]/.test(name) || controlCharacters.test(name)) {
    return `names the file ${JSON.stringify(name.slice(0, 80))}, expected one in the same folder`;
  }
  return null;
}
