/** The plugin in a real vite: datasets are served in dev, with a base, and emitted into a build. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, createServer, preview, type InlineConfig } from 'vite';
import { afterAll, describe, expect, it } from 'vitest';
import { corporaPlugin } from '../../../scripts/corpora/vite-plugin.ts';

const root = mkdtempSync(join(tmpdir(), 'amuro-vite-'));
writeFileSync(join(root, 'index.html'), '<!doctype html><title>empty</title>');
const config: InlineConfig = {
  root,
  base: '/base/',
  configFile: false,
  logLevel: 'silent',
  plugins: [corporaPlugin()],
  server: { host: '127.0.0.1', port: 0 },
  preview: { host: '127.0.0.1', port: 0 },
};
const NAMES = [
  'moby-dick',
  'spam-assassin',
  'state-of-the-union',
  'world-factbook',
  'world-factbook-questions',
];
afterAll(() => rmSync(root, { recursive: true }));

describe('corporaPlugin', () => {
  it('serves the datasets in dev and nothing else of their folder', async () => {
    const server = await createServer(config);
    try {
      await server.listen();
      const url = server.resolvedUrls!.local[0]!;
      const index = (await (await fetch(`${url}datasets/index.json`)).json()) as {
        name: string;
        bytes: number;
      }[];
      expect(index.map(({ name }) => name).sort()).toEqual(NAMES);
      const file = await fetch(`${url}datasets/moby-dick.jsonl`);
      expect((await file.arrayBuffer()).byteLength).toBe(
        index.find(({ name }) => name === 'moby-dick')!.bytes,
      );
      for (const path of ['stamp.json', 'none.jsonl', '..%2f..%2findex.html', '']) {
        expect((await fetch(`${url}datasets/${path}`)).status, path).toBe(404);
      }
    } finally {
      await server.close();
    }
  });

  it('emits the datasets into the build, and preview serves them', async () => {
    await build(config);
    const files = ['index.json', ...NAMES.map((name) => `${name}.jsonl`)];
    expect(readdirSync(join(root, 'dist', 'datasets')).sort()).toEqual(files.sort());
    const server = await preview(config);
    try {
      const response = await fetch(`${server.resolvedUrls!.local[0]!}datasets/world-factbook.jsonl`);
      const built = readFileSync(join(root, '.cache', 'datasets', 'world-factbook.jsonl'));
      expect(Buffer.from(await response.arrayBuffer()).equals(built)).toBe(true);
    } finally {
      await server.close();
    }
  });
});
