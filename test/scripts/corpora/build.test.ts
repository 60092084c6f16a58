/** The dataset files as built from the installed packages: form, sizes, labels, and that the engine reads them. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCorpora, ensureCorpora } from '../../../scripts/corpora/build.ts';
import {
  fetchDatasetIndex,
  fetchDocuments,
  type DatasetEntry,
} from '../../../src/datasets/bundled-datasets.ts';
import type { Document } from '../../../src/datasets/document.ts';

const folder = join(mkdtempSync(join(tmpdir(), 'amuro-corpora-')), 'datasets');
const get = (url: string): Promise<Response> =>
  Promise.resolve(new Response(readFileSync(join(folder, url))));
const read = async (name: string): Promise<Document[]> =>
  fetchDocuments(
    '',
    index.find((entry) => entry.name === name)!,
    get,
  );
let index: readonly DatasetEntry[];

beforeAll(async () => {
  buildCorpora(folder);
  index = await fetchDatasetIndex('', get);
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

describe('the bundled datasets', () => {
  it('are listed with licence, source, size and hash', () => {
    expect(index.map(({ name }) => name)).toEqual([
      'state-of-the-union',
      'moby-dick',
      'world-factbook',
      'spam-assassin',
      'world-factbook-questions',
    ]);
    for (const entry of index) {
      const bytes = readFileSync(join(folder, `${entry.name}.jsonl`));
      expect(bytes.length).toBe(entry.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(entry.sha256);
      expect(entry.licence).toMatch(/CC0|Public domain/);
    }
  });

  it('have unique ids, text in every document, and clean characters', async () => {
    for (const { name, documents: count } of index) {
      const documents = await read(name);
      expect(documents).toHaveLength(count);
      expect(new Set(documents.map(({ id }) => id)).size).toBe(count);
      for (const { text } of documents)
        expect(/\S/u.test(text) && !/(?![\t\n])\p{Cc}|\p{Surrogate}/u.test(text), text.slice(0, 80)).toBe(
          true,
        );
    }
  });

  it('hold 233 addresses from 1790 to 2021', async () => {
    const documents = await read('state-of-the-union');
    const years = documents.map(({ metadata }) => metadata['year'] as number);
    expect([documents.length, Math.min(...years), Math.max(...years)]).toEqual([233, 1790, 2021]);
    expect(documents.find(({ metadata }) => metadata['year'] === 1863)!.metadata['president']).toBe(
      'Abraham Lincoln',
    );
  });

  it('hold the whale from its etymology to its epilogue', async () => {
    const documents = await read('moby-dick');
    expect(documents).toHaveLength(138);
    expect(documents.find(({ id }) => id === 'chapter-1')!.text).toMatch(/^Call me Ishmael\./);
    expect(documents.at(-1)!.id).toBe('epilogue');
  });

  it('hold mails of five parts, once each, without headers, at most 4 KiB', async () => {
    const documents = await read('spam-assassin');
    const sizes: Record<string, number> = {};
    for (const { metadata } of documents) sizes[metadata['part']!] = (sizes[metadata['part']!] ?? 0) + 1;
    expect(Object.keys(sizes).sort()).toEqual(['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2']);
    expect(sizes['hard-ham-1']).toBeGreaterThan(240);
    expect(sizes['spam-1']).toBeGreaterThan(450);
    expect(new Set(documents.map(({ text }) => text)).size).toBe(documents.length);
    for (const { text, metadata } of documents) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
      expect(metadata['label']).toBe(String(metadata['part']).startsWith('spam') ? 'spam' : 'ham');
    }
    const mime = documents.filter(({ text }) =>
      /^(?:Content-Transfer-Encoding|Received|X-Spam-Status):/imu.test(text),
    );
    // What is left are mails about mail, and bounces that quote one.
    expect(mime.length / documents.length).toBeLessThan(0.03);
  });

  it('hold short answers to questions about named countries', async () => {
    const documents = await read('world-factbook-questions');
    const answer = (id: string): unknown =>
      documents.find((document) => document.id === id)!.metadata['answer'];
    expect([answer('fr/capital'), answer('ci/currency'), answer('ja/nationality')]).toEqual([
      'Paris',
      'Chilean pesos',
      'Japanese',
    ]);
    expect(documents.find(({ id }) => id === 'bf/capital')!.text).toBe('What is the capital of the Bahamas?');
    for (const { metadata } of documents) {
      expect(String(metadata['answer'])).toMatch(/^\S.{0,59}$/u);
      expect(Object.keys(metadata).sort()).toEqual(['answer', 'country', 'field', 'region']);
    }
    const prose = await read('world-factbook');
    const countries = new Set(prose.map(({ metadata }) => metadata['country']));
    expect(countries.size).toBe(prose.length);
    expect(documents.every(({ metadata }) => countries.has(metadata['country']))).toBe(true);
  });

  it('are built once, and again when the stamp differs', () => {
    const before = readFileSync(join(folder, 'stamp.json'), 'utf8');
    rmSync(join(folder, 'moby-dick.jsonl'));
    ensureCorpora(folder);
    expect(() => readFileSync(join(folder, 'moby-dick.jsonl'))).toThrow();
    rmSync(join(folder, 'stamp.json'));
    ensureCorpora(folder);
    expect(readFileSync(join(folder, 'stamp.json'), 'utf8')).toBe(before);
    expect(readFileSync(join(folder, 'moby-dick.jsonl')).length).toBe(index[1]!.bytes);
  });
});

describe('a bundled dataset that is not what the index says', () => {
  it('is refused with both hashes', async () => {
    const entry = { ...index[1]!, sha256: '0'.repeat(64) };
    await expect(fetchDocuments('', entry, get)).rejects.toThrow(
      /moby-dick is damaged, got SHA-256 [0-9a-f]{64}, expected 0{64}/,
    );
  });

  it('is refused when the server has none', async () => {
    const missing = (): Promise<Response> => Promise.resolve(new Response('', { status: 404 }));
    await expect(fetchDatasetIndex('/datasets/', missing)).rejects.toThrow(
      /cannot get \/datasets\/index\.json, got HTTP status 404/,
    );
  });
});
