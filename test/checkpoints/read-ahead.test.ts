/** Reading ahead: the same bytes, in few requests, and none of them twice on the way from front to back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BufferPool } from '../../src/checkpoints/buffer-pool.ts';
import { readAhead } from '../../src/checkpoints/read-ahead.ts';

const sizes = { window: 64, small: 16, gap: 4 };
const content = Uint8Array.from({ length: 1000 }, (_, index) => (index * 37) % 251);

/** The content, and the ranges that were asked of it; `fail` makes the next request fail. */
function watched() {
  const asked: [number, number][] = [];
  const state = { fail: false };
  const slice = (start: number, end: number) => ({
    arrayBuffer: () => {
      asked.push([start, end]);
      if (state.fail) return Promise.reject(new Error('the connection was dropped'));
      return Promise.resolve(content.slice(start, end).buffer);
    },
  });
  return { source: { size: content.length, slice }, asked, state };
}

describe('readAhead', () => {
  it('gives the bytes that are asked for, whatever is asked, also at once', async () => {
    const range = fc
      .tuple(fc.nat(1000), fc.nat(1000))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const property = fc.asyncProperty(
      fc.array(range, { maxLength: 12 }),
      fc.boolean(),
      async (ranges, atOnce) => {
        const { source } = watched();
        const ahead = readAhead(source, new BufferPool(), sizes);
        const read = async ([start, end]: readonly [number, number]) => {
          expect(new Uint8Array(await ahead.slice(start, end).arrayBuffer())).toEqual(
            content.slice(start, end),
          );
        };
        if (atOnce) await Promise.all(ranges.map(read));
        else for (const each of ranges) await read(each);
      },
    );
    await fc.assert(property, { numRuns: 300, seed: 1 });
  });

  it('asks for every byte once where tensors of all sizes are read from front to back', async () => {
    const { source, asked } = watched();
    const ahead = readAhead(source, new BufferPool(), sizes);
    await ahead.slice(0, 8).arrayBuffer();
    await ahead.slice(8, 38).arrayBuffer();
    let at = 38;
    for (const length of [40, 1, 200, 3, 63, 64, 65, 500, 26]) {
      const read: number[] = [];
      for await (const piece of ahead.pieces!(at, at + length)) read.push(...piece);
      expect(read).toEqual([...content.subarray(at, at + length)]);
      at += length;
    }
    expect(at).toBe(1000);
    expect(asked.reduce((sum, [start, end]) => sum + end - start, 0)).toBe(1000);
    expect(asked.length).toBeLessThan(20);
  });

  it('asks for no more than the tensor, and small windows, where what lies between is stored already', async () => {
    const { source, asked } = watched();
    const ahead = readAhead(source, new BufferPool(), sizes);
    await ahead.slice(0, 8).arrayBuffer();
    for (const [start, end] of [
      [200, 205],
      [400, 405],
    ] as const)
      for await (const piece of ahead.pieces!(start, end)) expect(piece).toEqual(content.slice(start, end));
    expect(asked).toEqual([
      [0, 16],
      [200, 216],
      [400, 416],
    ]);
  });

  it('forgets a window that could not be had', async () => {
    const { source, state } = watched();
    const ahead = readAhead(source, new BufferPool(), sizes);
    state.fail = true;
    await expect(ahead.slice(0, 8).arrayBuffer()).rejects.toThrow('dropped');
    state.fail = false;
    expect(new Uint8Array(await ahead.slice(0, 8).arrayBuffer())).toEqual(content.slice(0, 8));
  });
});
