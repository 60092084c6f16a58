/** Finding a model's weights in a folder: one file or several, and an index that does not tell the truth. */
import { describe, expect, it } from 'vitest';
import { described, fixtureBytes, numbers } from './file-fixtures.ts';
import { writeSafetensors } from '../../src/checkpoints/safetensors.ts';
import { WeightFileError } from '../../src/checkpoints/errors.ts';
import { float32Sources } from '../../src/checkpoints/tensor-source.ts';
import { openWeights, weightFileNames, type ModelFolder } from '../../src/checkpoints/weight-files.ts';

async function safetensors(...names: string[]): Promise<Uint8Array<ArrayBuffer>> {
  const record = Object.fromEntries(
    names.map((name) => [name, { shape: [1], data: Float32Array.of(names.length) }]),
  );
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of writeSafetensors(float32Sources(record)).stream())
    pieces.push(new Uint8Array(piece));
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

function folder(files: Record<string, Uint8Array<ArrayBuffer> | string>): ModelFolder {
  return { names: Object.keys(files), open: (name) => Promise.resolve(new Blob([files[name]!])) };
}

const index = (map: unknown) => JSON.stringify({ weight_map: map });
const [x, xy] = [await safetensors('x'), await safetensors('x', 'y')];

describe('openWeights', () => {
  it('takes safetensors before torch files', async () => {
    const both = folder({ 'pytorch_model.bin': fixtureBytes('model.bin'), 'model.safetensors': xy });
    expect((await openWeights(both)).map(({ name }) => name)).toEqual(['x', 'y']);
  });

  it('takes torch files where there are no others, single or with an index', async () => {
    const single = folder({ 'config.json': '{}', 'pytorch_model.bin': fixtureBytes('views.bin') });
    expect(await described(await openWeights(single))).toEqual(numbers('views.bin'));
    const map = Object.fromEntries(Object.keys(numbers('views.bin')).map((name) => [name, 'a-00001.bin']));
    const sharded = folder({
      'pytorch_model.bin.index.json': index(map),
      'a-00001.bin': fixtureBytes('views.bin'),
    });
    expect(await described(await openWeights(sharded))).toEqual(numbers('views.bin'));
    expect(await weightFileNames(sharded)).toEqual(['a-00001.bin']);
  });

  const indexName = 'model.safetensors.index.json';
  it.each<[string, Record<string, Uint8Array<ArrayBuffer> | string>, RegExp]>([
    ['no weights', { 'config.json': '{}' }, /missing, got config\.json, expected model\.safetensors/],
    ['an index that is not JSON', { [indexName]: '{' }, /not valid JSON/],
    ['an index without a map', { [indexName]: '[]' }, /no weight_map/],
    ['an index that is null', { [indexName]: 'null' }, /no weight_map/],
    ['a file outside the folder', { [indexName]: index({ x: '../x' }) }, /"x": names the file "\.\.\/x"/],
    ['a file that is no name', { [indexName]: index({ x: 3 }) }, /"x": names no file/],
    ['a file that is not there', { [indexName]: index({ x: 'a' }) }, /a: missing/],
    [
      'a tensor that is not there',
      { [indexName]: index({ x: 'a', z: 'a' }), a: x },
      /a: tensor "z": missing/,
    ],
    [
      'a tensor in another file',
      { [indexName]: index({ x: 'a', y: 'b' }), a: xy, b: x },
      /a: tensor "y": is not where/,
    ],
    ['a tensor that the index leaves out', { [indexName]: index({ x: 'a' }), a: xy }, /"y": is not where/],
    [
      'a tensor that the index names twice',
      { [indexName]: '{"weight_map":{"x":"a","x":"b"}}', a: x, b: x },
      /twice/,
    ],
  ])('refuses %s', async (_, files, message) => {
    const error: unknown = await openWeights(folder(files)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WeightFileError);
    expect((error as WeightFileError).message).toMatch(message);
  });
});
