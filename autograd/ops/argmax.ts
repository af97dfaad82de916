import { launch } from "../../tensor/launch.ts";
import { formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * The int32 position of the first maximum along the last axis; NaN counts as largest.
 *
 * Shape: x without its last axis.
 *
 * Derivative: none; locally constant.
 *
 * @throws {RangeError} if x has no last axis or that is empty.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { argmax, tensor } from "../../mod.ts";
 *
 * deepEqual([...argmax(tensor([[1, 3, 3], [2, 0, 1]])).dataSync()], [1, 0]);
 * ```
 */
export function argmax(x: Tensor): Tensor {
  if (x.shape.length === 0 || x.shape.at(-1) === 0) {
    throw new RangeError(
      `Cannot argmax a tensor of shape ${formatShape(x.shape)}: its last axis must not be empty`,
    );
  }
  return launch("argmax", [x], x.shape.slice(0, -1), (kernels) => kernels.argmax(x), "int32");
}
