/** Mutations of valid files, as accident and malice make them. `AMURO_FUZZ_RUNS` sets how many each test tries. */
import fc from 'fast-check';

export const fuzzRuns = Number(process.env['AMURO_FUZZ_RUNS'] ?? 300);

type Mutation = (bytes: number[]) => number[];

const position = fc.nat({ max: 2 ** 20 });
/** Numbers that upset parsers: ends of ranges, signs, and any byte. */
const upsetting = fc.oneof(
  fc.constantFrom(0, 1, 0x22, 0x2e, 0x2f, 0x5c, 0x7f, 0x80, 0xff),
  fc.nat({ max: 255 }),
);

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, upsetting).map(
    ([at, value]) =>
      (bytes: number[]) =>
        bytes.with(at % bytes.length, value),
  ),
  fc.tuple(position, fc.nat({ max: 7 })).map(([at, bit]) => (bytes: number[]) => {
    const index = at % bytes.length;
    return bytes.with(index, bytes[index]! ^ (1 << bit));
  }),
  position.map((at) => (bytes: number[]) => bytes.slice(0, at % (bytes.length + 1))),
  fc.tuple(position, fc.array(upsetting, { maxLength: 9 })).map(
    ([at, extra]) =>
      (bytes: number[]) =>
        bytes.toSpliced(at % (bytes.length + 1), 0, ...extra),
  ),
  fc.tuple(position, fc.nat({ max: 40 })).map(
    ([at, count]) =>
      (bytes: number[]) =>
        bytes.toSpliced(at % (bytes.length + 1), count),
  ),
  fc.tuple(position, position, fc.nat({ max: 40 })).map(([from, to, count]) => (bytes: number[]) => {
    const source = from % (bytes.length + 1);
    return bytes.toSpliced(to % (bytes.length + 1), 0, ...bytes.slice(source, source + count));
  }),
);

/** The file after one to four mutations. */
export function mutated(bytes: Uint8Array): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.array(mutation, { minLength: 1, maxLength: 4 }).map((mutations) => {
    const original: number[] = [...bytes];
    // An emptied file has no bytes left to change.
    return new Uint8Array(
      mutations.reduce((mutant, mutate) => (mutant.length === 0 ? mutant : mutate(mutant)), original),
    );
  });
}
