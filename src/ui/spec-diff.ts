/** What differs between two specs, field by field: the answer to "what changed between these runs?". */

/** A field by its path and what each side says; `undefined` where a side has no such field. */
export interface FieldDifference {
  readonly path: string;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** Every leaf of plain data by its dotted path, in order of appearance. Short arrays of plain values are one leaf. */
export function flatten(value: unknown, path = ''): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const visit = (node: unknown, at: string): void => {
    if (isLeaf(node)) fields.set(at, show(node));
    else for (const [key, child] of Object.entries(node as object)) visit(child, at ? `${at}.${key}` : key);
  };
  visit(value, path);
  return fields;
}

/** Fields that differ, in the order of the left side, then those only the right side has. */
export function specDifferences(left: unknown, right: unknown): readonly FieldDifference[] {
  const [a, b] = [flatten(left), flatten(right)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => a.get(path) !== b.get(path))
    .map((path) => ({ path, left: a.get(path), right: b.get(path) }));
}

function isLeaf(node: unknown): boolean {
  if (node === null || typeof node !== 'object') return true;
  if (Array.isArray(node)) return node.every((item) => item === null || typeof item !== 'object');
  return Object.keys(node).length === 0;
}

function show(node: unknown): string {
  if (node === undefined) return 'undefined';
  if (typeof node === 'string') return node;
  return Array.isArray(node) ? node.map(show).join(', ') || '(empty)' : JSON.stringify(node);
}
