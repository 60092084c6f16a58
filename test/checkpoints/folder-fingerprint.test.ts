/** The fingerprint of files of one's own: it depends on every byte, every name and nothing else. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { folderFingerprint } from '../../src/checkpoints/folder-fingerprint.ts';
import { maxShardBytes } from '../../src/checkpoints/shards.ts';
import { seededValues } from './storage-fixtures.ts';

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

it('is the SHA-256 of names, lengths and the SHA-256 of every part, whatever order the files come in', async () => {
  const large = new Uint8Array(seededValues(maxShardBytes / 2 + 1, 1).buffer);
  const part = (index: number) => sha256(large.subarray(index * maxShardBytes, (index + 1) * maxShardBytes));
  const expected = sha256(
    JSON.stringify([
      ['a.json', 2, [sha256('{}')]],
      ['empty', 0, []],
      ['model.safetensors', large.length, [part(0), part(1), part(2)]],
    ]),
  );
  const files: [string, Blob][] = [
    ['model.safetensors', new Blob([large])],
    ['a.json', new Blob(['{}'])],
    ['empty', new Blob([])],
  ];
  expect(await folderFingerprint(new Map(files))).toBe(expected);
  expect(await folderFingerprint(new Map(files.reverse()))).toBe(expected);
});
