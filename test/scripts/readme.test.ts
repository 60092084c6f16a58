/** The README's tree is a map: every path on it exists, and every folder of the house is on it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const readme = readFileSync('README.md', 'utf8');
const tree = /## The house\s+```\n([^]*?)```/.exec(readme)![1]!;

/** Paths of an indented listing: a line that is indented lies in the folder above it. */
const listed = (() => {
  let folder = '';
  return tree
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const name = line.trim().split(/\s/)[0]!;
      if (!line.startsWith(' ')) folder = name.endsWith('/') ? name : '';
      return line.startsWith(' ') ? folder + name : name;
    });
})();

describe('the tree in the README', () => {
  it.each(listed)('lists %s, which exists', (path) => {
    expect(existsSync(path)).toBe(true);
  });

  it('shows every folder of src', () => {
    const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => `src/${name}/`).filter((path) => !listed.includes(path))).toEqual([]);
  });

  it('names only commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    const commands = [...readme.matchAll(/npm (?:run )?([a-z:]+(?:-[a-z]+)*)/g)].map(([, name]) => name!);
    expect(commands.filter((name) => name !== 'ci' && !(name in scripts))).toEqual([]);
  });
});
