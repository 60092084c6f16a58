/**
 * Reading a mail of any decade: headers, encoded words (RFC 2047), MIME parts (RFC 2045–2046), transfer encodings and
 * charsets → subject and readable text. Mail of the wild is often malformed: what cannot be decoded by what it claims
 * is read as UTF-8, then as Windows-1252, and never fails.
 */
import { htmlToText } from './html-text.ts';

export interface Mail {
  readonly subject: string;
  readonly body: string;
}

/** Headers by lower-case name, unfolded; of repeated headers the first. Bytes are kept as Latin-1 characters. */
type Headers = ReadonlyMap<string, string>;

/** Nested parts beyond this are not read: nobody writes them, and a hostile mail must not exhaust the stack. */
const DEEPEST_PART = 8;

/** Subject and text of a raw mail. Attachments and other parts that are not text are left out. */
export function readMail(bytes: Uint8Array): Mail {
  const { headers, body } = splitHeaders(latin1(bytes));
  return { subject: decodeHeader(headers.get('subject') ?? '').trim(), body: partText(headers, body, 0) };
}

function splitHeaders(part: string): { headers: Headers; body: string } {
  const text = part.replace(/\r\n?/gu, '\n');
  const end = text.startsWith('\n') ? 0 : text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\n[ \t]+/gu, ' ').split('\n')) {
    const match = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/u.exec(line);
    if (match !== null && !headers.has(match[1]!.toLowerCase()))
      headers.set(match[1]!.toLowerCase(), match[2]!);
  }
  return { headers, body: end < 0 ? '' : text.slice(end).replace(/^\n{1,2}/u, '') };
}

function partText(headers: Headers, body: string, depth: number): string {
  const contentType = headers.get('content-type') ?? 'text/plain';
  const type = /^\s*([\w.+-]+\/[\w.+-]+)/u.exec(contentType)?.[1]?.toLowerCase() ?? 'text/plain';
  if (type.startsWith('multipart/')) return multipartText(type, contentType, body, depth);
  if (/^\s*attachment/iu.test(headers.get('content-disposition') ?? '') || !type.startsWith('text/'))
    return '';
  const text = decodeBytes(
    decodeTransfer(body, headers.get('content-transfer-encoding') ?? ''),
    parameter(contentType, 'charset'),
  );
  return type === 'text/html' || looksLikeHtml(text) ? htmlToText(text) : text;
}

function multipartText(type: string, contentType: string, body: string, depth: number): string {
  const boundary = parameter(contentType, 'boundary');
  if (boundary === '' || depth >= DEEPEST_PART) return '';
  const parts = body
    .split(`--${boundary}`)
    .slice(1)
    .filter((part) => !part.startsWith('--'));
  const texts = parts.map((part) => {
    const { headers, body: content } = splitHeaders(part.replace(/^[ \t]*\r?\n/u, ''));
    return {
      plain: !/text\/html/iu.test(headers.get('content-type') ?? ''),
      text: partText(headers, content, depth + 1).trim(),
    };
  });
  const readable = texts.filter(({ text }) => text !== '');
  // Alternatives say the same thing twice: plain text is what the sender meant to be read as text.
  if (type === 'multipart/alternative')
    return (readable.find(({ plain }) => plain) ?? readable[0])?.text ?? '';
  return readable.map(({ text }) => text).join('\n\n');
}

/** `=?charset?Q or B?text?=`; white space between two encoded words belongs to neither. */
function decodeHeader(value: string): string {
  const joined = value.replace(/(\?=)\s+(?==\?)/gu, '$1');
  const parts = joined.split(/(=\?[^?\s]+\?[bqBQ]\?[^?]*\?=)/u);
  return parts.map((part, index) => (index % 2 === 1 ? decodeWord(part) : decodeBytes(part, ''))).join('');
}

function decodeWord(word: string): string {
  const [, charset, encoding, text] = /^=\?([^?]+)\?(.)\?(.*)\?=$/su.exec(word)!;
  const bytes =
    encoding!.toLowerCase() === 'b'
      ? decodeTransfer(text!, 'base64')
      : decodeTransfer(text!.replaceAll('_', ' '), 'quoted-printable');
  return decodeBytes(bytes, charset!);
}

/** Bytes, as Latin-1 characters, of a body in a transfer encoding. */
function decodeTransfer(body: string, encoding: string): string {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return latin1(Buffer.from(body, 'base64'));
    case 'quoted-printable':
      return body
        .replace(/=[ \t]*\n/gu, '')
        .replace(/=([0-9A-Fa-f]{2})/gu, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    default:
      return body;
  }
}

function decodeBytes(binary: string, charset: string): string {
  const bytes = Buffer.from(binary, 'latin1');
  return tryDecode(bytes, 'utf-8') ?? tryDecode(bytes, charset) ?? tryDecode(bytes, 'windows-1252') ?? binary;
}

/** The text, or null where the charset is unknown or the bytes are not of it. Valid UTF-8 is never anything else. */
function tryDecode(bytes: Uint8Array, charset: string): string | null {
  try {
    const decoder = new TextDecoder(charset, { fatal: true });
    const text = decoder.decode(bytes);
    return decoder.encoding === 'windows-1252' ? withWindowsCharacters(text) : text;
  } catch {
    return null;
  }
}

/** Bytes 0x80…0x9F of Windows-1252, which Node 20 decodes as if they were Latin-1; a dot where there is none. */
const WINDOWS_1252 = '€.‚ƒ„…†‡ˆ‰Š‹Œ.Ž..‘’“”•–—˜™š›œ.žŸ';

function withWindowsCharacters(text: string): string {
  return text.replace(/[\x80-\x9f]/gu, (control) => {
    const character = WINDOWS_1252[control.charCodeAt(0) - 0x80]!;
    return character === '.' ? control : character;
  });
}

function parameter(header: string, name: string): string {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'iu').exec(header);
  return match?.[1] ?? match?.[2] ?? '';
}

function looksLikeHtml(text: string): boolean {
  return /^\s*(?:<!doctype html|<html|<head|<body|<table)/iu.test(text);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
