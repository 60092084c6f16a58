/** Some rows of a tensor as a tensor of their own, for a kernel's binding: no node, no copy. */
import { viewAlignment } from '../graph/graph.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';

/** Rows `first` to `first + count` of `tensor`, whose first dimension counts rows. */
export function rowWindow(tensor: Tensor, first: number, count: number): Tensor {
  const [rows, ...inner] = tensor.shape as [number, ...number[]];
  const offset = tensor.offset + first * sizeOf(inner);
  if (first + count > rows || offset % viewAlignment !== 0) {
    throw new RangeError(
      `rowWindow: rows ${first} to ${first + count} of ${tensor.name} are no binding, got ${rows} rows and element ` +
        `${offset}, expected a multiple of ${viewAlignment}`,
    );
  }
  return { ...tensor, shape: [count, ...inner], offset };
}
