import { launch } from "../../tensor/launch.ts";
import { formatShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";

/**
 * The same elements in row-major order under another shape.
 *
 * Shape: as many elements as x; one length may be −1 and follows from the others.
 *
 * Derivative: gx = g reshaped back.
 *
 * @throws {TypeError} if the number of elements differs.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { reshape, tensor } from "../../mod.ts";
 *
 * deepEqual(reshape(tensor([1, 2, 3, 4, 5, 6]), [2, -1]).shape, [2, 3]);
 * ```
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const wanted = resolve(x, shape);
  const y = launch("reshape", [x], wanted, (kernels) => kernels.reshape(x, wanted));
  return taped("reshape", y, [derivative(x, [], (g) => reshape(g, x.shape))]);
}

function resolve(x: Tensor, shape: Shape): Shape {
  const known = sizeOf(shape.filter((length) => length !== -1));
  const resolved = shape.map((length) => length === -1 ? x.size / known : length);
  const open = shape.filter((length) => length === -1).length;
  const whole = resolved.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (open > 1 || !whole || sizeOf(resolved) !== x.size) {
    throw new TypeError(
      `Cannot reshape ${formatShape(x.shape)} to ${formatShape(shape)}: ` +
        `both must hold ${x.size} elements, with at most one length left open as -1`,
    );
  }
  return resolved;
}
