/** From what a person wrote to a complete spec, or an error that points at the field. */
import type { z } from 'zod';
import { fieldsAt } from './spec-fields.ts';

/** Thrown for a spec that cannot be: the message names the field, what it is and what it should be. */
export class SpecError extends TypeError {
  override readonly name = 'SpecError';
}

/**
 * The complete spec, defaults filled in.
 * @throws SpecError naming every wrong field, with the nearest known name for an unknown one.
 */
export function parseSpec<Schema extends z.ZodType>(
  operation: string,
  schema: Schema,
  written: unknown,
): z.output<Schema> {
  const result = schema.safeParse(written);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describeIssue(issue, schema, written));
  throw new SpecError(`${operation}: ${listProblems([...new Set(problems)])}`);
}

function listProblems(problems: readonly string[]): string {
  const [first = ''] = problems;
  return problems.length < 2
    ? first
    : `${problems.length} fields are wrong\n${problems.map((each) => `• ${each}`).join('\n')}`;
}

type Path = readonly PropertyKey[];

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, written: unknown): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const field = formatPath([...issue.path, key]);
      return `unknown field \`${field}\`${suggestion(key, fieldNames(schema, issue.path))}`;
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [first] = [...issue.errors].sort((a, b) => a.length - b.length);
    if (first?.length)
      return first.flatMap((inner) =>
        describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, schema, written),
      );
  }
  const value = valueAt(written, issue.path);
  const where = issue.path.length === 0 ? 'the spec' : `\`${formatPath(issue.path)}\``;
  if (value === undefined) return [`${where} is missing, ${expectation(issue)}`];
  return [`${where} is wrong, got ${describeValue(value)}, ${expectation(issue)}`];
}

function expectation(issue: z.core.$ZodIssue): string {
  const entries = 'origin' in issue && issue.origin === 'array' ? ' entries' : '';
  if (issue.code === 'too_small')
    return `expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${entries}`;
  if (issue.code === 'too_big')
    return `expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${entries}`;
  if (issue.code === 'invalid_value')
    return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  if (issue.code === 'invalid_type') return `expected ${typeWords[issue.expected] ?? issue.expected}`;
  return `expected another value: ${issue.message}`;
}

const typeWords: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  array: 'a list',
  tuple: 'a list',
  string: 'a text',
  object: 'an object',
  boolean: 'true or false',
};

function formatPath(path: Path): string {
  return path
    .map((key, at) => (typeof key === 'number' ? `[${key}]` : `${at === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );
}

function describeValue(value: unknown): string {
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function fieldNames(schema: z.ZodType, path: Path): readonly string[] {
  return fieldsAt(schema, path).map(({ name }) => name);
}

function suggestion(key: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest === undefined) return '';
  if (nearest.distance <= Math.max(2, key.length / 3)) return `; did you mean \`${nearest.name}\`?`;
  return `, expected ${known.map((name) => `\`${name}\``).join(', ')}`;
}

/** Levenshtein's distance: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
