/** Finds a key that a JSON object holds twice: JSON.parse silently keeps the last, so the two could disagree. */

/**
 * The first key that occurs twice in one object of `json`, anywhere in it; null when there is none.
 * @param json text that JSON.parse accepts
 */
export function duplicateKey(json: string): string | null {
  /** The keys seen of each open object, the innermost last; null for an open array. */
  const open: (Set<string> | null)[] = [];
  let text = '';
  for (let index = 0; index < json.length; index++) {
    const character = json[index];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = stringEnd(json, index);
      text = json.slice(index, end + 1);
      index = end;
    } else if (character === ':') {
      const keys = open.at(-1)!;
      const key = JSON.parse(text) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

/** Where the string that begins at `start` has its closing quote: the first that an even number of \ precedes. */
function stringEnd(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); ; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
}
