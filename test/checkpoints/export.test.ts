/** The exported folder: files, names, sizes, and weights that come back. Loading it by transformers: test/export-check. */
import { describe, expect, it } from 'vitest';
import { smallModel, fingerprints, fingerprintsOf, seededTensor } from './storage-fixtures.ts';
import { exportFiles, exportZip, type ModelExport } from '../../src/checkpoints/export.ts';
import { modelCard, type ModelCard } from '../../src/checkpoints/model-card.ts';
import { float32Sources } from '../../src/checkpoints/tensor-source.ts';
import { openWeights, type ModelFolder } from '../../src/checkpoints/weight-files.ts';
import { locateEntry, readZipDirectory } from '../../src/checkpoints/zip-directory.ts';

const facts: ModelCard = {
  title: 'Pico\n# not a heading',
  checkpoint: { run: 'abc', step: 64 },
  tokens: 1_048_576,
  spec: { kind: 'finetune', note: '```\n# not a heading' },
  lineage: [{ run: 'parent', step: 32, spec: { kind: 'pretrain' } }],
  origin: 'Trained from random weights.',
  trained: true,
  transformersClass: 'GPTNeoXForCausalLM',
};
const card = modelCard(facts);
const weights = { large: seededTensor([300, 7], 1), ...smallModel(2) };
const model: ModelExport = {
  config: { model_type: 'gpt_neox' },
  weights: float32Sources(weights),
  tokenizer: {
    json: { model: { type: 'BPE' } },
    specialTokens: { eos_token: '<|endoftext|>' },
    contextLength: 128,
  },
  card,
  modified: new Date(0),
};

async function folderOf(
  files: ReturnType<typeof exportFiles>,
): Promise<ModelFolder & { blobs: Map<string, Blob> }> {
  const blobs = new Map<string, Blob>();
  for (const { name, size, stream } of files) {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for await (const piece of stream()) pieces.push(new Uint8Array(piece));
    const blob = new Blob(pieces);
    expect(blob.size, name).toBe(size);
    blobs.set(name, blob);
  }
  return { blobs, names: [...blobs.keys()], open: (name) => Promise.resolve(blobs.get(name)!) };
}

describe('exportFiles', () => {
  it('has every file that transformers looks for', async () => {
    const { blobs } = await folderOf(exportFiles(model));
    expect([...blobs.keys()].sort()).toEqual([
      'README.md',
      'config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const tokenizerConfig: unknown = JSON.parse(await blobs.get('tokenizer_config.json')!.text());
    expect(tokenizerConfig).toMatchObject({ eos_token: '<|endoftext|>', model_max_length: 128 });
  });

  it('writes the config in the type of the weights, and nothing that points at files left behind', async () => {
    const config = {
      model_type: 'llama',
      dtype: 'bfloat16',
      auto_map: { AutoConfig: 'own.Config' },
      rms_norm_eps: 1,
    };
    const written = async (change: Partial<ModelExport>): Promise<unknown> => {
      const { blobs } = await folderOf(exportFiles({ ...model, config, ...change }));
      return JSON.parse(await blobs.get('config.json')!.text());
    };
    const rest = { model_type: 'llama', rms_norm_eps: 1 };
    expect(await written({})).toEqual({ ...rest, dtype: 'float32', torch_dtype: 'float32' });
    const halves = model.weights.map((tensor) => ({ ...tensor, dtype: 'BF16' as const }));
    expect(await written({ weights: halves })).toEqual({
      ...rest,
      dtype: 'bfloat16',
      torch_dtype: 'bfloat16',
    });
    const mixed = [halves[0]!, ...model.weights.slice(1)];
    expect(await written({ weights: mixed })).toMatchObject({ torch_dtype: 'float32' });
  });

  it('writes what is a float in transformers’ configs as one, and nothing else', async () => {
    const config = {
      clip_qkv: 8,
      rms_norm_eps: 1e-6,
      rope_scaling: { factor: 8, original_max_position_embeddings: 64 },
      initializer_range: null,
      rope_theta: 500_000,
      note: '"clip_qkv": 8,\n"rope_theta": 1,',
      vocab_size: 8,
    };
    const { blobs } = await folderOf(exportFiles({ ...model, config }));
    const text = await blobs.get('config.json')!.text();
    expect(JSON.parse(text)).toMatchObject(config);
    expect(text.match(/\d+\.0\b/g)).toEqual(['8.0', '8.0', '500000.0']);
  });

  it('brings how the model generates and talks, where it came with that', async () => {
    const generation = { eos_token_id: [1, 2], temperature: 0.6 };
    const tokenizer = { ...model.tokenizer!, chatTemplate: '{{ messages }}' };
    const { blobs } = await folderOf(exportFiles({ ...model, generation, tokenizer }));
    expect(JSON.parse(await blobs.get('generation_config.json')!.text())).toEqual(generation);
    expect(JSON.parse(await blobs.get('tokenizer_config.json')!.text())).toMatchObject({
      chat_template: '{{ messages }}',
    });
  });

  it.each([2 ** 31, 4096, 1])(
    'holds the weights, in files of at most %i bytes where tensors allow it',
    async (limit) => {
      const folder = await folderOf(exportFiles(model, limit));
      const shards = folder.names.filter((name) => name.endsWith('.safetensors'));
      expect(shards).toHaveLength({ [2 ** 31]: 1, 4096: 2, 1: 5 }[limit]!);
      const found = await fingerprints(await openWeights(folder));
      expect(new Map(found)).toEqual(new Map(fingerprintsOf(weights)));
      if (shards.length === 1) return;
      const index = JSON.parse(await folder.blobs.get('model.safetensors.index.json')!.text());
      expect(index.metadata.total_size).toBe(
        model.weights.reduce((sum, { byteLength }) => sum + byteLength, 0),
      );
      expect(shards[0]).toMatch(/^model-00001-of-0000\d\.safetensors$/);
    },
  );
});

describe('exportZip', () => {
  it('is a zip of the size it says, of the same bytes twice, whose entries are the files', async () => {
    const zips = await Promise.all([0, 1].map(() => new Response(exportZip(model).stream).arrayBuffer()));
    expect(Buffer.compare(Buffer.from(zips[0]!), Buffer.from(zips[1]!))).toBe(0);
    expect(zips[0]!.byteLength).toBe(exportZip(model).size);
    const file = { name: 'model.zip', bytes: new Blob([zips[0]!]) };
    const { blobs } = await folderOf(exportFiles(model));
    const entries = await readZipDirectory(file);
    expect([...entries.keys()]).toEqual([...blobs.keys()]);
    for (const [name, entry] of entries) {
      const { start, end } = await locateEntry(file, entry);
      const bytes = await file.bytes.slice(start, end).arrayBuffer();
      expect(
        Buffer.compare(Buffer.from(bytes), Buffer.from(await blobs.get(name)!.arrayBuffer())),
        name,
      ).toBe(0);
    }
  });

  it('fails with the error of the tensor that cannot be read', async () => {
    const [first] = model.weights;
    const broken = {
      ...first!,
      // eslint-disable-next-line @typescript-eslint/require-await -- fails before its first piece
      async *read(): AsyncGenerator<Uint8Array> {
        throw new Error('shard is damaged');
      },
    };
    const { stream } = exportZip({ ...model, weights: [broken] });
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow('shard is damaged');
  });
});

describe('modelCard', () => {
  it('states spec and lineage, and no text in them can end its fence or begin a heading', () => {
    expect(card).toContain('"kind": "finetune"');
    expect(card).toContain('From step 32 of run `parent`');
    expect(card).toContain('1,048,576 tokens');
    expect(card.match(/^# .*$/gm)).toEqual(['# Pico # not a heading']);
    expect(card).toContain('```json\n{\n  "kind": "finetune"');
  });

  it('claims no training for a model that was only imported, and no class for one that transformers lacks', () => {
    const origin = 'Published weights: lab/pico, revision step16, from https://hub.example.';
    const imported = modelCard({ ...facts, lineage: [], trained: false, origin, transformersClass: null });
    expect(imported).toContain('Imported, and not changed, by amuro');
    expect(imported).toContain(origin);
    expect(imported).not.toMatch(/Trained|random|from_pretrained|library_name/);
    expect(modelCard({ ...facts, tokens: 0 })).toContain('Run `abc`, step 64.\n');
    expect(card).toContain('Trained from random weights.');
    expect(card).toContain('AutoModelForCausalLM.from_pretrained');
  });
});
