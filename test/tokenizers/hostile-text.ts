/** Text that breaks tokenizers: every script, emoji, control characters, runs of spaces, half surrogates, long words. */

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
  [0xf900, 0xfb00],
  [0x10000, 0x10400],
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

/** What UTF-8 makes of a text. */
export function throughUtf8(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
