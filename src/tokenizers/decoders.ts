/**
 * The decoders of tokenizer.json that SentencePiece-style models use, as the Rust library runs them: a chain of steps
 * over token strings whose results are joined. Written here because the general package drops U+FEFF and resolves runs
 * of bytes that are not UTF-8 otherwise than Rust does.
 */
import type { TokenizerJson } from './tokenizer-json.ts';

type Step = (tokens: readonly string[]) => readonly string[];
type Config = NonNullable<TokenizerJson['decoder']>;

/** The decoder of a file as a function from token strings to text, or null when it has a step not known here. */
export function chainDecoder(
  config: TokenizerJson['decoder'],
): ((tokens: readonly string[]) => string) | null {
  const step = config === null ? null : stepOf(config);
  return step === null ? null : (tokens) => step(tokens).join('');
}

function stepOf(config: Config): Step | null {
  switch (config.type) {
    case 'Sequence':
      return sequence(config);
    case 'Replace':
      return replace(config);
    case 'ByteFallback':
      return byteFallback;
    case 'Fuse':
      return (tokens) => [tokens.join('')];
    case 'Strip':
      return strip(config);
    default:
      return null;
  }
}

function sequence(config: Config): Step | null {
  if (!Array.isArray(config.decoders)) return null;
  const steps = (config.decoders as Config[]).map(stepOf);
  if (!steps.every((step) => step !== null)) return null;
  return (tokens) => steps.reduce((current, step) => step(current), tokens);
}

function replace(config: Config): Step | null {
  const from = (config.pattern as { String?: unknown } | undefined)?.String;
  const to = config.content;
  if (typeof from !== 'string' || typeof to !== 'string') return null;
  return (tokens) => tokens.map((token) => token.replaceAll(from, () => to));
}

/** Takes at most `start` and `stop` times the character `content` off the two ends of every token. */
function strip(config: Config): Step | null {
  const { content, start, stop } = config;
  if (typeof content !== 'string' || typeof start !== 'number' || typeof stop !== 'number') return null;
  return (tokens) =>
    tokens.map((token) => {
      let from = 0;
      let to = token.length;
      for (let i = 0; i < start && token.startsWith(content, from); i++) from += content.length;
      for (let i = 0; i < stop && to > from && token.endsWith(content, to); i++) to -= content.length;
      return token.slice(from, Math.max(from, to));
    });
}

/** Tokens `<0xE2>` are bytes. A run of them that is not UTF-8 becomes one U+FFFD per byte. */
function byteFallback(tokens: readonly string[]): readonly string[] {
  const out: string[] = [];
  let run: number[] = [];
  const flush = (): void => {
    if (run.length > 0) out.push(textOf(run));
    run = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    if (byte !== null) {
      run.push(Number.parseInt(byte[1]!, 16));
      continue;
    }
    flush();
    out.push(token);
  }
  flush();
  return out;
}

function textOf(bytes: readonly number[]): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  } catch {
    return '\ufffd'.repeat(bytes.length);
  }
}
