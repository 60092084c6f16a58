/** The normalizers of tokenizer.json that BPE models use, as the Rust library runs them. */
import { compilePattern } from './pattern.ts';
import { unsupported, type Component } from './tokenizer-json.ts';

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
      if (typeof prepend !== 'string') break;
      return (text) => (text === '' ? '' : prepend + text);
    }
    case 'Replace': {
      const { content } = config;
      if (typeof content !== 'string') break;
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
