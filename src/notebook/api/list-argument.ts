/** A list given to the API: an array, or an error that says what was given and what to do. */

export function listArgument<T>(operation: string, value: readonly T[]): readonly T[] {
  const given: unknown = value;
  if (Array.isArray(given)) return value;
  const growing = typeof given === 'object' && given !== null && Symbol.asyncIterator in given;
  throw new TypeError(
    growing
      ? `${operation}: got a list that still grows, expected an array; give it a name in one cell and use the name in another`
      : `${operation}: got ${given === null ? 'null' : typeof given}, expected an array`,
  );
}
