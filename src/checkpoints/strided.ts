/** Views with strides: element (i₀, i₁, …) lies at Σ iₖ · strideₖ. Their elements, put into row-major order. */

export interface StridedView {
  readonly shape: readonly number[];
  /** In elements, ≥ 0, one for each axis. */
  readonly strides: readonly number[];
}

/** Whether the elements lie in row-major order without gaps. The stride of an axis of size 1 says nothing. */
export function isContiguous({ shape, strides }: StridedView): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/**
 * The view's elements in row-major order.
 * @param bytes from the view's first element on
 * @param itemSize bytes per element
 */
export function gather(
  bytes: Uint8Array,
  { shape, strides }: StridedView,
  itemSize: number,
): Uint8Array<ArrayBuffer> {
  const count = shape.reduce((product, size) => product * size, 1);
  const result = new Uint8Array(count * itemSize);
  const index = shape.map(() => 0);
  let element = 0;
  for (let filled = 0; filled < result.length; filled += itemSize) {
    const from = element * itemSize;
    for (let byte = 0; byte < itemSize; byte++) result[filled + byte] = bytes[from + byte]!;
    // Count up like an odometer, moving `element` along.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      element += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      element -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
