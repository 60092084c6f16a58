import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/checkpoints/database.ts';
import type { ModelFolder } from '../../src/checkpoints/weight-files.ts';
import { ImportedTokenizers } from '../../src/experiments/imported-tokenizer.ts';
import { config, tokenizerJson } from './published-model.ts';

let opened = 0;

/** What is kept of a folder with the tokenizer and these files. */
async function kept(files: Readonly<Record<string, string>>) {
  const all: Record<string, string> = { 'tokenizer.json': JSON.stringify(await tokenizerJson), ...files };
  const folder: ModelFolder = {
    names: Object.keys(all),
    open: (name) => Promise.resolve(new Blob([all[name]!])),
  };
  const database = await openDatabase({ name: `tokenizers ${++opened}` });
  const tokenizers = new ImportedTokenizers(database);
  try {
    await tokenizers.keep('run', folder, { folder, config });
    return await tokenizers.get('run');
  } finally {
    database.close();
  }
}

const named = (chat_template: unknown) => ({ 'tokenizer_config.json': JSON.stringify({ chat_template }) });

describe('what an import keeps for an export', () => {
  it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['a file of its own', { 'chat_template.jinja': '{{ own }}', ...named('{{ old }}') }, '{{ own }}'],
    ['the tokenizer’s settings', named('{{ old }}'), '{{ old }}'],
    [
      'a list, of which the default is the main one',
      named([
        { name: 'tools', template: '{{ tools }}' },
        { name: 'default', template: '{{ main }}' },
      ]),
      '{{ main }}',
    ],
    ['nothing that it knows', named([null, 3]), undefined],
  ])('takes the chat template from %s', async (_, files, template) => {
    expect((await kept(files)).chatTemplate).toBe(template);
  });

  it('takes the generation settings, and leaves them out where they cannot be read', async () => {
    expect((await kept({ 'generation_config.json': '{"do_sample": true}' })).generation).toEqual({
      do_sample: true,
    });
    expect((await kept({ 'generation_config.json': '{"do_sample": tr' })).generation).toBeUndefined();
  });

  it('refuses settings of the tokenizer that cannot be read: its roles would be guessed', async () => {
    await expect(kept({ 'tokenizer_config.json': '[' })).rejects.toThrow(
      'import: tokenizer_config.json is not a JSON object',
    );
  });
});
