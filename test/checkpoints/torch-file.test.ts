/** Torch files: equal to PyTorch, and able to build tensors and nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counting, described, fileOf, fixture, fixtureBytes, numbers } from './file-fixtures.ts';
import { fuzzRuns, mutated } from './mutations.ts';
import { storedZip, toZip64 } from './zip-fixtures.ts';
import type { ByteSource } from '../../src/checkpoints/byte-source.ts';
import { UnsafePickleError, WeightFileError } from '../../src/checkpoints/errors.ts';
import { readBytes } from '../../src/checkpoints/tensor-source.ts';
import { openTorchFile } from '../../src/checkpoints/torch-file.ts';

/** Pickle opcodes as text, `{…}` being a length-prefixed string. */
function pickleOf(...parts: (string | number[])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)),
  );
}
const text = (value: string): number[] => [0x8c, value.length, ...new TextEncoder().encode(value)];
const torchFile = (pickle: Uint8Array, rest: Record<string, Uint8Array> = {}) =>
  fileOf(storedZip({ 'a/data.pkl': pickle, ...rest }), 'hostile.bin');

/** A dict of a tensor, or several, in a storage of `length` floats, with any offset, sizes and strides. */
function tensorPickle(
  length: number,
  offset: number,
  shape: number[],
  strides: number[],
  names: readonly string[] = ['w'],
): Uint8Array<ArrayBuffer> {
  const integer = (value: number): number[] => [0x4a, ...new Uint8Array(new Int32Array([value]).buffer)];
  const tuple = (values: number[]): number[] => [0x28, ...values.flatMap(integer), 0x74];
  const tensor = (name: string) => [
    text(name),
    'ctorch._utils\n_rebuild_tensor_v2\n',
    [0x28, 0x28, ...text('storage')],
    'ctorch\nFloatStorage\n',
    [...text('0'), ...text('cpu'), ...integer(length), 0x74, 0x51],
    [...integer(offset), ...tuple(shape), ...tuple(strides), 0x89, 0x7d, 0x74, 0x52, 0x73],
  ];
  return pickleOf([0x80, 2, 0x7d], ...names.flatMap(tensor), [0x2e]);
}

describe('openTorchFile', () => {
  it.each(['model.bin', 'views.bin', 'nested.bin', 'attribute.bin', 'protocol-5.bin'])(
    'reads from %s what PyTorch reads',
    async (name) => {
      expect(await described(await openTorchFile(fixture(name)))).toEqual(numbers(name));
    },
  );

  it('keeps dtypes and order, and reads buffers too', async () => {
    const tensors = await openTorchFile(fixture('model.bin'));
    expect(tensors.map(({ name, dtype }) => `${name} ${dtype}`)).toEqual([
      'mask BOOL',
      'positions I64',
      'embed.weight F32',
      'norm.weight F32',
      'norm.bias F32',
      'head.weight F32',
    ]);
    expect([...(await readBytes(tensors[0]!))]).toEqual([1, 0, 1, 1]);
  });

  it('goes on from any byte, also where elements lie in another order', async () => {
    for (const tensor of await openTorchFile(fixture('views.bin'))) {
      const whole = await readBytes(tensor);
      for (const start of [1, 4, whole.length].filter((byte) => byte <= whole.length)) {
        const rest: number[] = [];
        for await (const piece of tensor.read(start)) rest.push(...piece);
        expect(rest, `${tensor.name} from ${start}`).toEqual([...whole.subarray(start)]);
      }
    }
  });

  it('has the bytes of a tensor as a part of the file where they lie in one piece, and only there', async () => {
    let [inOnePiece, inAnotherOrder] = [0, 0];
    for (const tensor of await openTorchFile(fixture('views.bin'))) {
      if (!tensor.filePart) inAnotherOrder++;
      else {
        inOnePiece++;
        const part = await tensor.filePart(1, tensor.byteLength);
        const bytes = [...new Uint8Array(await part.arrayBuffer())];
        expect(bytes, tensor.name).toEqual([...(await readBytes(tensor)).subarray(1)]);
      }
    }
    expect([inOnePiece > 0, inAnotherOrder > 0]).toEqual([true, true]);
  });

  it('reads a tensor by its own range only', async () => {
    const { file, read } = counting(fixture('model.bin'));
    const tensors = await openTorchFile(file);
    const before = read();
    await readBytes(tensors.find(({ name }) => name === 'norm.bias')!);
    // 30 bytes of the zip entry's own header and 3 floats.
    expect(read() - before).toBe(30 + 12);
  });

  it('reads a zip64 archive', async () => {
    const bytes = toZip64(fixtureBytes('views.bin'));
    expect(await described(await openTorchFile(fileOf(bytes)))).toEqual(numbers('views.bin'));
  });

  it.each([
    ['evil-system.bin', 'posix.system'],
    ['evil-eval.bin', '__builtin__.eval'],
    ['evil-load.bin', 'torch.serialization.load'],
    ['parameter.bin', 'torch._utils._rebuild_parameter'],
  ])('refuses %s, naming %s', async (name, callable) => {
    const error: unknown = await openTorchFile(fixture(name)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnsafePickleError);
    expect(error).toMatchObject({ file: name, callable, message: expect.stringContaining(callable) });
  });

  it.each([
    ['legacy.bin', /legacy torch format of before version 1\.6/],
    ['compressed.bin', /is compressed, got method 8, expected 0/],
    ['list.bin', /no dict of tensors/],
  ])('refuses %s by name', async (name, message) => {
    await expect(openTorchFile(fixture(name))).rejects.toThrow(message);
  });

  it('refuses tar archives, TorchScript, other byte orders and what is no zip', async () => {
    const tar = new Uint8Array(512);
    tar.set(new TextEncoder().encode('ustar'), 257);
    await expect(openTorchFile(fileOf(tar))).rejects.toThrow(/legacy torch tar format/);
    await expect(openTorchFile(fileOf(new Uint8Array(600)))).rejects.toThrow(/not a zip archive/);
    const dict = pickleOf('}.');
    const script = torchFile(dict, { 'a/constants.pkl': dict });
    await expect(openTorchFile(script)).rejects.toThrow(/TorchScript/);
    const big = torchFile(dict, { 'a/byteorder': new TextEncoder().encode('big') });
    await expect(openTorchFile(big)).rejects.toThrow(/wrong order, got big/);
    await expect(openTorchFile(fileOf(storedZip({ 'x.txt': dict })))).rejects.toThrow(/0 entries data\.pkl/);
  });

  it.each<[string, Uint8Array<ArrayBuffer>, RegExp]>([
    ['a callable called', pickleOf('ctorch\nFloatStorage\n)R.'), /torch\.FloatStorage\(…\)/],
    ['a dangerous name by STACK_GLOBAL', pickleOf(text('os'), text('system'), [0x93, 0x2e]), /os\.system/],
    [
      'a dotted way to another module',
      pickleOf('ctorch._utils\n_rebuild_tensor_v2.__globals__\n.'),
      /__globals__/,
    ],
    ['a global whose name is a nested list', pickleOf(']]', [0x93, 0x2e]), /without a name/],
    ['a call of a dict', pickleOf('})R.'), /calls what is no callable/],
    ['BUILD on a list', pickleOf(']}b.'), /state of what is no dict/],
    ['INST, which imports and calls', pickleOf('(ios\nsystem\n.'), /unknown opcode 0x69/],
    ['NEWOBJ', pickleOf('ccollections\nOrderedDict\n)', [0x81, 0x2e]), /unknown opcode 0x81/],
    ['an extension code', pickleOf([0x82, 1, 0x2e]), /unknown opcode 0x82/],
    ['no STOP', pickleOf('}'), /cut off/],
    ['a string of 2^32 − 1 bytes', pickleOf([0x58, 255, 255, 255, 255]), /cut off/],
    ['an empty stack', pickleOf('.'), /stack is empty/],
    ['a mark left', pickleOf('(.'), /stack is empty/],
    ['no mark', pickleOf('t.'), /mark is missing/],
    ['a memo never written', pickleOf('h', [3], '.'), /no value 3/],
    ['an integer of 255 bytes', pickleOf([0x8a, 255, ...new Uint8Array(255), 0x2e]), /integer of 255 bytes/],
    ['a persistent id of another kind', pickleOf([...text('module'), 0x51, 0x2e]), /no storage/],
  ])('refuses a pickle with %s', async (_, pickle, message) => {
    await expect(openTorchFile(torchFile(pickle))).rejects.toThrow(message);
  });

  it.each<[string, number[][], RegExp]>([
    ['past its end', [[2], [3], [2], [1]], /ends at element 4/],
    ['with strides that leave it', [[4], [0], [2, 2], [3, 1]], /ends at element 4/],
    [
      'that repeats an element a billion times',
      [[1], [0], [1_000_000_000], [0]],
      /shape \[1000000000\] in a storage of 1/,
    ],
    ['with a negative stride', [[4], [3], [4], [-1]], /strides ≥ 0/],
    ['with fewer strides than sizes', [[4], [0], [2, 2], [1]], /strides ≥ 0/],
    [
      'of more axes than torch has',
      [[1], [0], Array<number>(65).fill(1), Array<number>(65).fill(1)],
      /strides ≥ 0/,
    ],
  ])('refuses a view of a storage %s', async (_, [length, offset, shape, strides], message) => {
    const pickle = tensorPickle(length![0]!, offset![0]!, shape!, strides!);
    const file = torchFile(pickle, { 'a/data/0': new Uint8Array(4 * length![0]!) });
    await expect(openTorchFile(file)).rejects.toThrow(message);
  });

  it.each(['../../etc/passwd', 'layers..weight', 'a/b', 'a\\b', '', 'w\n', '__proto__'])(
    'refuses a tensor named %j, by file and name',
    async (name) => {
      const file = torchFile(tensorPickle(1, 0, [1], [1], [name]), { 'a/data/0': new Uint8Array(4) });
      const error: unknown = await openTorchFile(file).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WeightFileError);
      expect([(error as WeightFileError).file, (error as WeightFileError).tensor]).toEqual([
        'hostile.bin',
        name,
      ]);
    },
  );

  it('refuses a name that stands twice, in one breath or in two, by file and name', async () => {
    const inTwo = torchFile(tensorPickle(1, 0, [1], [1], ['v', 'w', 'v']), { 'a/data/0': new Uint8Array(4) });
    await expect(openTorchFile(inTwo)).rejects.toThrow(
      /^hostile\.bin: tensor "v": stands twice in the pickle/,
    );
    const atOnce = torchFile(pickleOf('}(', text('w'), 'N', text('w'), 'Nu.'));
    await expect(openTorchFile(atOnce)).rejects.toThrow(
      /^hostile\.bin: tensor "w": stands twice in the pickle/,
    );
    const number = torchFile(pickleOf('}(', [0x4b, 7, 0x4e, 0x4b, 7, 0x4e], 'u.'));
    await expect(openTorchFile(number)).rejects.toThrow(/it sets 7 twice in one dict/);
  });

  it('refuses a storage that is missing, or of another size than the pickle says', async () => {
    const pickle = tensorPickle(4, 0, [4], [1]);
    await expect(openTorchFile(torchFile(pickle))).rejects.toThrow(/"w": its storage data\/0 is missing/);
    const short = torchFile(pickle, { 'a/data/0': new Uint8Array(15) });
    await expect(openTorchFile(short)).rejects.toThrow(/"w": its storage has 15 bytes, expected 16/);
  });

  it.each(['model.bin', 'views.bin', 'nested.bin'])(
    'survives mutations of %s: a WeightFileError or tensors no larger than the file, read within its bounds',
    async (name) => {
      const original = fixtureBytes(name);
      const property = fc.asyncProperty(mutated(original), async (mutant) => {
        const file = { name, bytes: bounded(new Blob([mutant])) };
        try {
          for (const tensor of await openTorchFile(file)) {
            expect(tensor.byteLength).toBeLessThanOrEqual(mutant.length);
            expect((await readBytes(tensor)).length).toBe(tensor.byteLength);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(WeightFileError);
        }
      });
      await fc.assert(property, { numRuns: fuzzRuns, seed: 3 });
    },
  );
});

/** Fails the test when a range is asked for that is not in the file. */
function bounded(blob: Blob): ByteSource {
  const slice = (start: number, end: number): Blob => {
    if (!(start >= 0 && start <= end && end <= blob.size)) throw new Error(`asked for ${start} to ${end}`);
    return blob.slice(start, end);
  };
  return { size: blob.size, slice };
}
