/**
 * Sums of int32 tensors, which are rare and small: no kernel of their own.
 *
 * @module
 */

import { broadcastStrides, type Shape, sizeOf } from "../../shape.ts";

/** Writes the sums of x over the axes along which `shape` would have to be broadcast. */
export function sumIntegers(
  sums: Int32Array<ArrayBufferLike>,
  x: Int32Array<ArrayBufferLike>,
  from: Shape,
  shape: Shape,
): void {
  const strides = broadcastStrides(shape, from);
  const exact = new Float64Array(sizeOf(shape));
  for (let i = 0; i < x.length; i++) {
    let rest = i;
    let to = 0;
    for (let axis = from.length - 1; axis >= 0; axis--) {
      to += rest % from[axis] * strides[axis];
      rest = Math.floor(rest / from[axis]);
    }
    exact[to] += x[i];
  }
  sums.set(exact);
}
