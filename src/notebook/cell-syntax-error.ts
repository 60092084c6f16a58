/** A syntax error in a cell, with its place, in words for the person who is typing. */

export class CellSyntaxError extends SyntaxError {
  override readonly name = 'CellSyntaxError';
  /** @param line 1-based. @param column 0-based. @param message what is wrong, without the place. */
  constructor(
    readonly line: number,
    readonly column: number,
    message: string,
  ) {
    super(message);
  }

  static at(source: string, position: number, message: string): CellSyntaxError {
    const before = source.slice(0, position);
    return new CellSyntaxError(before.split('\n').length, position - (before.lastIndexOf('\n') + 1), message);
  }
}

/** acorn's and sucrase's wording → ours; what is not here is passed on without its "(line:column)". */
const rewordings: readonly (readonly [RegExp, string])[] = [
  [/^Unterminated string constant/, 'this text in quotes is not closed'],
  [/^Unterminated template/, 'this text in backquotes is not closed'],
  [/^Unterminated comment/, 'this comment is not closed by */'],
  [/^Unterminated regular expression/, 'this regular expression is not closed by /'],
  [/^Identifier '(.+)' has already been declared/, '`$1` is declared twice in this cell'],
  [/^'return' outside of function/, 'a cell cannot `return`; end it with an expression, or call display(…)'],
  [/^Cannot use keyword 'await' outside an async function/, '`await` here needs its function to be `async`'],
  [/^Assigning to rvalue/, 'this cannot be assigned to'],
  [/^Error parsing regular expression/, 'this regular expression is not valid'],
];

/** The error of a parser as a CellSyntaxError; anything else is passed on as it is. */
export function plainSyntaxError(error: unknown, source: string): unknown {
  if (!(error instanceof SyntaxError) && !(error instanceof Error && 'loc' in error)) return error;
  const place = placeOf(error);
  if (place === null) return error;
  const message = error.message.replace(/^Error transforming .*?: /, '').replace(/\s*\(\d+:\d+\)\s*$/, '');
  return new CellSyntaxError(place.line, place.column, reword(message, place, source));
}

interface Place {
  readonly line: number;
  readonly column: number;
}

function placeOf(error: Error): Place | null {
  const match = /\((\d+):(\d+)\)\s*$/.exec(error.message);
  // sucrase counts columns from 1, acorn from 0.
  const first = error.message.startsWith('Error transforming') ? 1 : 0;
  return match && { line: Number(match[1]), column: Math.max(0, Number(match[2]) - first) };
}

function reword(message: string, { line, column }: Place, source: string): string {
  if (/^Unexpected (token|character)/.test(message)) return unexpected(line, column, source);
  for (const [pattern, ours] of rewordings)
    if (pattern.test(message)) return message.replace(new RegExp(`${pattern.source}.*`), ours);
  return message;
}

function unexpected(line: number, column: number, source: string): string {
  const lines = source.split('\n');
  const rest = lines
    .slice(line - 1)
    .join('\n')
    .slice(column);
  const [token] = /^(?:[\p{L}\p{N}_$]+|\S)/u.exec(rest.trimStart()) ?? [];
  if (token === undefined) return 'the cell ends too early: a bracket or an expression is not finished';
  return `did not expect \`${token}\` here; something before it may be missing or not closed`;
}
