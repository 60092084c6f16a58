/** The readable text of an HTML mail: tags, scripts, styles and comments taken out, entities resolved. */

/** Named entities that old mail uses; others stay as they are written. */
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  trade: '™',
  bull: '•',
  middot: '·',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  euro: '€',
  pound: '£',
  cent: '¢',
  deg: '°',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  szlig: 'ß',
  ntilde: 'ñ',
  ccedil: 'ç',
};
const HIDDEN = /<!--.*?-->|<(script|style|title|head)\b[^>]*>.*?<\/\1\s*>|<!--.*$/gisu;
const BLOCK =
  /<\/?(?:address|blockquote|br|center|div|dd|dl|dt|form|h[1-6]|hr|li|ol|p|pre|table|td|th|tr|ul)\b[^>]*>/giu;

/** Text of an HTML document, its blocks on lines of their own. */
export function htmlToText(html: string): string {
  const lines = html
    .replace(HIDDEN, ' ')
    .replace(/\s+/gu, ' ')
    .replace(BLOCK, '\n')
    .replace(/<\/?[a-z!][^<>]*>?/giu, '');
  return resolveEntities(lines)
    .split('\n')
    .map((line) => line.replace(/\s+/gu, ' ').trim())
    .join('\n');
}

function resolveEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));?/giu,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
      const code = Number.parseInt(decimal ?? hex!, decimal === undefined ? 16 : 10);
      return isText(code) ? String.fromCodePoint(code) : ' ';
    },
  );
}

function isText(code: number): boolean {
  return (
    code >= 0x20 && code <= 0x10ffff && !(code >= 0x7f && code < 0xa0) && !(code >= 0xd800 && code <= 0xdfff)
  );
}
