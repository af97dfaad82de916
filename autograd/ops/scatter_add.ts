import { launch } from "../../tensor/launch.ts";
import { checkShape, normalizeAxis, sameShape, type Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { checkIndex, gather } from "./gather.ts";

/**
 * Zeros of a shape, to which x is added at positions along an axis: the transpose of
 * {@linkcode gather}.
 *
 * Shape: x's equals the index's; both equal the result's but for the length of that axis.
 *
 * Derivative: gx = g at those positions.
 *
 * @throws {TypeError} if the index is not int32, or shapes do not match.
 * @throws {RangeError} if there is no such axis or shape.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { scatterAdd, tensor } from "../../mod.ts";
 *
 * const index = tensor(Int32Array.of(1, 1, 0));
 * deepEqual([...scatterAdd(tensor([5, 6, 7]), index, 0, [3]).dataSync()], [7, 11, 0]);
 * ```
 */
export function scatterAdd(x: Tensor, index: Tensor, axis: number, shape: Shape): Tensor {
  checkShape("scatterAdd", shape);
  const along = normalizeAxis("scatterAdd", axis, shape.length);
  checkIndex("scatterAdd", index, x, along);
  const matches = sameShape(x.shape, index.shape) &&
    sameShape(x.shape.with(along, 0), shape.with(along, 0));
  if (!matches) {
    throw new TypeError(
      `Cannot scatterAdd [${x.shape}] by an index of [${index.shape}] into [${shape}]: ` +
        `the first two must be equal, and equal to the third but along axis ${along}`,
    );
  }
  const y = launch(
    "scatterAdd",
    [x],
    shape,
    (kernels) => kernels.scatterAdd(x, index, along, shape),
  );
  return taped("scatterAdd", y, [derivative(x, [index], (g, index) => gather(g, index, along))]);
}
