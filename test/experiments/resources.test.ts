import { describe, expect, it } from 'vitest';
import { Resources } from '../../src/experiments/resources.ts';
import { freshDatabase } from '../checkpoints/storage-fixtures.ts';
import { bytes, corpora, datasetsUrl, pretrain } from './fixtures.ts';

const text = 'Call me Ishmael.\n\nSome years ago, never mind how long precisely.\n\nThe end of it all.';
const { data } = pretrain();

async function resourcesWith(content: string | null, database?: string): Promise<Resources> {
  const resources = new Resources(await freshDatabase(database), datasetsUrl);
  if (content !== null) await resources.addFile('notes.txt', bytes(content));
  return resources;
}

describe('dropped files', () => {
  it('are datasets named after the file, listed after the bundled ones', async () => {
    const resources = await resourcesWith(text);
    expect((await resources.listDatasets()).map(({ name, documents }) => [name, documents])).toEqual([
      ['spam-assassin', 1],
      ['world-factbook', 1],
      ['file:notes.txt', 3],
    ]);
    expect((await resources.documents('file:notes.txt'))[0]!.text).toBe('Call me Ishmael.');
  });

  it('are refused when they are empty, hold no text, or are not UTF-8, with what to do', async () => {
    const resources = await resourcesWith(null);
    await expect(resources.addFile('a.txt', new ArrayBuffer(0))).rejects.toThrow(/^a\.txt: empty dataset/);
    await expect(resources.addFile('b.jsonl', bytes('\n \n'))).rejects.toThrow(/^b\.jsonl: empty dataset/);
    const latin1 = Uint8Array.of(0x63, 0x61, 0x66, 0xe9).buffer;
    await expect(resources.addFile('c.txt', latin1)).rejects.toThrow(
      /^c\.txt: not UTF-8 text, got byte 0xE9 at offset 3, .*save the file as UTF-8/,
    );
    expect((await resources.listDatasets()).map(({ name }) => name)).toEqual([
      'spam-assassin',
      'world-factbook',
    ]);
  });

  it('show their new text when a file of the same name is dropped', async () => {
    const resources = await resourcesWith('old text');
    const before = await resources.contentHashes(['file:notes.txt']);
    await resources.documents('file:notes.txt');
    await resources.addFile('notes.txt', bytes('new text'));
    expect((await resources.documents('file:notes.txt'))[0]!.text).toBe('new text');
    expect(await resources.contentHashes(['file:notes.txt'])).not.toEqual(before);
  });
});

describe('datasets that are not there', () => {
  it('are named with the ones that are, or with what to drop', async () => {
    const resources = await resourcesWith(null);
    await expect(resources.documents('moby-duck')).rejects.toThrow(
      /no dataset "moby-duck", expected one of spam-assassin, world-factbook, or file:NAME/,
    );
    await expect(resources.documents('file:notes.txt')).rejects.toThrow(
      /no file notes\.txt is kept here; drop it/,
    );
    expect(await resources.contentHashes(['moby-duck', 'file:x', 'spam-assassin'])).toEqual({
      'moby-duck': 'missing',
      'file:x': 'missing',
      'spam-assassin': '0'.repeat(16),
    });
  });

  it('can be asked for again once they are there', async () => {
    const resources = await resourcesWith(null);
    await expect(resources.pretrainData(data)).rejects.toThrow(/drop it onto the page first/);
    await resources.addFile('notes.txt', bytes(text));
    const { tokenizer, train, validation } = await resources.pretrainData(data);
    expect(tokenizer.vocabularySize).toBeLessThanOrEqual(260);
    expect(train.length).toBeGreaterThan(40);
    expect(validation!.documents).toBe(1);
  });
});

describe('tokenizers', () => {
  it('of a trained model are the ones it was trained with, also after its text changed', async () => {
    const database = 'resources: two texts';
    const before = await resourcesWith('banana banana banana', database);
    const recorded = await before.contentHashes(['file:notes.txt']);
    const spec = { kind: 'bpe' as const, vocabularySize: 259, corpora: data.corpora };
    const original = await before.tokenizer(spec);
    const after = await resourcesWith('cocoa cocoa cocoa cocoa', database);
    const changed = await after.tokenizer(spec);
    expect(changed.json).not.toEqual(original.json);
    expect((await after.tokenizer(spec, undefined, recorded)).json).toEqual(original.json);
  });

  it('are refused when the text changed and they are no longer kept', async () => {
    const resources = await resourcesWith(text);
    const spec = { kind: 'bpe' as const, vocabularySize: 259, corpora: data.corpora };
    const refused = resources.tokenizer(spec, undefined, { [corpora[0]!.name]: 'another text' });
    await expect(refused).rejects.toThrow(/text of file:notes\.txt has changed since this model was trained/);
  });

  it('stop being trained when asked to', async () => {
    const resources = await resourcesWith(text);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(resources.tokenizer(data.tokenizer, { activity: () => undefined, signal })).rejects.toThrow(
      'enough',
    );
    expect((await resources.tokenizer(data.tokenizer)).tokenizer.vocabularySize).toBeGreaterThan(256);
  });
});
