/** From a field of the World Factbook to a short answer: the fact without its remarks, years and shares. */

/** The text as it is. */
export function whole(text: string): string {
  return text;
}

/** Without remarks in parentheses. */
function plain(text: string): string {
  return text
    .replace(/\s*\([^()]*(?:\([^()]*\)[^()]*)*\)/gu, '')
    .replace(/\s+([,;])/gu, '$1')
    .trim();
}

/** What stands before the first semicolon, dash or note. */
export function firstClause(text: string): string {
  return plain(text)
    .split(/;|\bnote\b|--/u)[0]!
    .trim();
}

/** What stands before the first comma. */
export function firstItem(text: string): string {
  return firstClause(text).split(',')[0]!.trim();
}

/** The first three of a list, without shares: "French, Arabic, Somali". */
export function firstItems(text: string): string {
  const items = firstClause(text)
    .split(/,\s*/u)
    .map((item) => item.replace(/\s*(?:less than )?[\d.]+%.*$/u, '').trim());
  return items
    .filter((item) => item !== '' && !item.startsWith('other'))
    .slice(0, 3)
    .join(', ');
}

/** The symbol, without the national colours that follow it. */
export function beforeColours(text: string): string {
  return text.startsWith('national colors') ? '' : firstClause(text);
}

/** "Chilean pesos (CLP) per US dollar - …" → "Chilean pesos". */
export function currency(text: string): string {
  const name = /^(.*?)\s*(?:\([A-Z]{3}\)\s*)?per US dollar/iu.exec(text)?.[1] ?? '';
  return /\d/u.test(name) ? '' : plain(name);
}

/** "Nevado Ojos del Salado 6,880 m" → "Nevado Ojos del Salado". */
export function withoutHeight(text: string): string {
  const name = firstClause(text).replace(/\s+-?[\d,.]+ ?m\b.*$/u, '');
  return name.startsWith('unnamed') ? '' : name;
}
