/**
 * The decoders of tokenizer.json, as the Rust library runs them: a chain of steps over token strings whose results are
 * joined. (`ByteLevel` alone, the decoder of most files, is the codec's own affair.)
 */
import { tokenBytes } from './byte-alphabet.ts';
import { unsupported, type Component } from './tokenizer-json.ts';

type Step = (tokens: readonly string[]) => readonly string[];
type Config = NonNullable<Component>;

/** The decoder of a file. @throws TokenizerFormatError naming a step that is not known here. */
export function decoderOf(config: Component): (tokens: readonly string[]) => string {
  if (config === null) return (tokens) => tokens.join(' ');
  const step = stepOf(config);
  return (tokens) => step(tokens).join('');
}

function stepOf(config: Config): Step {
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
    case 'Metaspace':
      return metaspace(config);
    case 'ByteLevel':
      return byteLevel;
    default:
      throw unsupported('decoder', config);
  }
}

/** The visible space becomes a space, and nothing at the beginning of the first token. */
function metaspace(config: Config): Step {
  const { replacement, prepend_scheme: scheme, add_prefix_space: older } = config;
  if (typeof replacement !== 'string') throw unsupported('decoder', config);
  const strips = scheme === undefined ? older !== false : scheme !== 'never';
  return (tokens) => tokens.map((token, at) => token.replaceAll(replacement, at === 0 && strips ? '' : ' '));
}

function byteLevel(tokens: readonly string[]): readonly string[] {
  const bytes = tokens.flatMap((token) => [...tokenBytes(token)]);
  return [new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))];
}

function sequence(config: Config): Step {
  if (!Array.isArray(config.decoders)) throw unsupported('decoder', config);
  const steps = (config.decoders as Config[]).map(stepOf);
  return (tokens) => steps.reduce((current, step) => step(current), tokens);
}

function replace(config: Config): Step {
  const from = (config.pattern as { String?: unknown } | undefined)?.String;
  const to = config.content;
  if (typeof from !== 'string' || typeof to !== 'string') throw unsupported('decoder', config);
  return (tokens) => tokens.map((token) => token.replaceAll(from, () => to));
}

/** Takes at most `start` and `stop` times the character `content` off the two ends of every token. */
function strip(config: Config): Step {
  const { content, start, stop } = config;
  if (typeof content !== 'string' || typeof start !== 'number' || typeof stop !== 'number')
    throw unsupported('decoder', config);
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
    const byte = !token.startsWith('<0x') ? null : /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
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
