/** Reading documents: both forms, any chunking, and errors that say where a file is wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatasetError, type Document } from '../../src/datasets/document.ts';
import { readDocuments } from '../../src/datasets/documents.ts';
import { scanUtf8 } from '../../src/datasets/utf8-lines.ts';

const utf8 = new TextEncoder();

async function read(name: string, ...chunks: (string | number[])[]): Promise<Document[]> {
  const documents: Document[] = [];
  const bytes = chunks.map((chunk) =>
    typeof chunk === 'string' ? utf8.encode(chunk) : Uint8Array.from(chunk),
  );
  for await (const document of readDocuments(name, bytes)) documents.push(document);
  return documents;
}

describe('JSON lines', () => {
  it('become documents with their metadata', async () => {
    const text =
      '{"id":"a","text":"one","year":1790,"by":"x","list":[1],"no":null}\r\n\n{"text":"two"}\n{"id":7,"text":"three"}';
    expect(await read('f.jsonl', text)).toEqual([
      { id: 'a', text: 'one', metadata: { year: 1790, by: 'x' } },
      { id: '3', text: 'two', metadata: {} },
      { id: '7', text: 'three', metadata: {} },
    ]);
  });

  it('are the same however the bytes are cut', async () => {
    const line = utf8.encode('\ufeff{"text":"é 你好 👍🏽 \\n"}\n{"text":"zwei\u2028"}\n');
    const whole = await read('f.jsonl', [...line]);
    for (let size = 1; size < 9; size++) {
      const chunks = Array.from({ length: Math.ceil(line.length / size) }, (_, i) => [
        ...line.subarray(i * size, (i + 1) * size),
      ]);
      expect(await read('f.jsonl', ...chunks)).toEqual(whole);
    }
    expect(whole.map(({ text }) => text)).toEqual(['é 你好 👍🏽 \n', 'zwei\u2028']);
  });

  it('skip documents of white space', async () => {
    expect(await read('f.jsonl', '{"text":"  \\n"}\n{"text":"x"}')).toHaveLength(1);
  });

  it.each([
    [
      'a line that is not JSON',
      '{"text":"a"}\n{"text":',
      /f\.jsonl: line 2 is not JSON, got .*expected an object/,
    ],
    ['a line that is no object', '[]', /line 1 has no text/],
    [
      'a line without text',
      '\n\n{"txt":"a"}',
      /line 3 has no text, got .*txt.*expected an object with "text"/,
    ],
    ['text that is not text', '{"text":3}', /line 1 has no text/],
    ['an empty file', '', /f\.jsonl: empty dataset/],
    ['blank lines alone', '\n \n', /empty dataset/],
    ['blank documents alone', '{"text":""}', /empty dataset/],
  ])('say what is wrong with %s', async (_, text, message) => {
    await expect(read('f.jsonl', text)).rejects.toThrow(DatasetError);
    await expect(read('f.jsonl', text)).rejects.toThrow(message);
  });

  it('do not let metadata reach the prototype', async () => {
    const [document] = await read('f.jsonl', '{"text":"a","__proto__":"x","constructor":"y"}');
    expect(document!.metadata.constructor).toBe('y');
    expect(Object.getPrototypeOf(document!.metadata)).toBe(Object.prototype);
  });
});

describe('plain text', () => {
  it('is one document per block between blank lines', async () => {
    const documents = await read('f.txt', 'one\r\nline two\r\n\r\n \t\r\n  three\n\n\n\nfour\n');
    expect(documents).toEqual([
      { id: '1', text: 'one\nline two', metadata: {} },
      { id: '2', text: '  three', metadata: {} },
      { id: '3', text: 'four', metadata: {} },
    ]);
  });

  it('is one document where nothing separates', async () => {
    expect(await read('notes', 'one line\nand another')).toEqual([
      { id: '1', text: 'one line\nand another', metadata: {} },
    ]);
  });

  it('must have text', async () => {
    await expect(read('f.txt', ' \n\n\t')).rejects.toThrow(/f\.txt: empty dataset/);
  });
});

describe('bytes that are not UTF-8', () => {
  it.each([
    ['Latin-1', [0x61, 0xe9, 0x62], 1, 'E9'],
    ['a lone continuation byte', [0x61, 0x62, 0x80], 2, '80'],
    ['an overlong form', [0xc0, 0xaf], 0, 'C0'],
    ['an overlong form of three bytes', [0x61, 0xe0, 0x9f, 0x80], 1, 'E0'],
    ['a surrogate', [0x61, 0xed, 0xa0, 0x80], 1, 'ED'],
    ['past the last code point', [0xf4, 0x90, 0x80, 0x80], 0, 'F4'],
    ['a character cut at the end', [0x61, 0xe4, 0xbd], 1, 'E4'],
  ])('are named with their offset: %s', async (_, bytes, offset, hex) => {
    const message = new RegExp(
      `f\\.txt: not UTF-8 text, got byte 0x${hex} at offset ${offset}, expected UTF-8`,
    );
    await expect(read('f.txt', bytes)).rejects.toThrow(message);
    await expect(read('f.txt', ...bytes.map((byte) => [byte]))).rejects.toThrow(message);
  });

  it('are found exactly where the strict decoder refuses', () => {
    const strict = new TextDecoder('utf-8', { fatal: true });
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 }), fc.array(byte, { maxLength: 8 }), (start, rest) => {
        const bytes = Uint8Array.from([...start, ...rest]);
        const { end, state } = scanUtf8(bytes);
        expect(() => strict.decode(bytes.subarray(0, end))).not.toThrow();
        if (state === 'whole') expect(end).toBe(bytes.length);
        else expect(() => strict.decode(bytes)).toThrow();
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});
