/** Some rows of a tensor in a file as a tensor of their own: of a matrix that holds several projections, one. */
import { itemSizes } from './dtype.ts';
import type { FileTensor } from './weight-files.ts';

/** Rows `first` up to `end` (of the first axis), under another name. They are read where they lie, by their own range. */
export function rowSlice(tensor: FileTensor, name: string, first: number, end: number): FileTensor {
  const [, ...rest] = tensor.shape;
  const rowBytes = itemSizes[tensor.dtype] * rest.reduce((product, size) => product * size, 1);
  const byteLength = (end - first) * rowBytes;
  const start = first * rowBytes;
  const { filePart } = tensor;
  return {
    ...tensor,
    name,
    shape: [end - first, ...rest],
    byteLength,
    read: (from = 0, to = byteLength) => tensor.read(start + from, start + to),
    ...(filePart && { filePart: (from: number, to: number) => filePart(start + from, start + to) }),
  };
}
