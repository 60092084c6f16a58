/** The normalizers of tokenizer.json that BPE models use, as the Rust library runs them. */
import { compilePattern } from './pattern.ts';
import { unsupported, type Component } from './tokenizer-json.ts';

/** A replacement is written as often as its pattern is found: a long one would make any text enormous. */
const LONGEST_REPLACEMENT = 100;

export type Normalizer = (text: string) => string;

/** @throws TokenizerFormatError naming a normalizer that is not known here. */
export function normalizerOf(config: Component): Normalizer {
  if (config === null) return (text) => text;
  switch (config.type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const { type } = config;
      return (text) => text.normalize(type);
    }
    case 'Prepend': {
      const { prepend } = config;
      if (!isShort(prepend)) break;
      return (text) => (text === '' ? '' : prepend + text);
    }
    case 'Replace': {
      const { content } = config;
      if (!isShort(content)) break;
      const pattern = compilePattern(config.pattern, 'normalizer.pattern');
      return (text) => text.replace(pattern, () => content);
    }
    case 'Lowercase':
      return (text) => text.toLowerCase();
    case 'Sequence': {
      if (!Array.isArray(config.normalizers)) break;
      const steps = (config.normalizers as Component[]).map(normalizerOf);
      return (text) => steps.reduce((current, step) => step(current), text);
    }
  }
  throw unsupported('normalizer', config);
}

function isShort(value: unknown): value is string {
  return typeof value === 'string' && value.length <= LONGEST_REPLACEMENT;
}
