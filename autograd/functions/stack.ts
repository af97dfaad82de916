import { formatShape, normalizeAxis, sameShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { cat } from "../ops/cat.ts";
import { reshape } from "../ops/reshape.ts";

/**
 * Tensors of one shape put side by side along a new axis.
 *
 * @throws {TypeError} if there is no tensor, or shapes differ.
 * @throws {RangeError} if the axis is not one of the result's.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { stack, tensor } from "../../mod.ts";
 *
 * deepEqual([...stack([tensor([1, 2]), tensor([3, 4])], 1).dataSync()], [1, 3, 2, 4]);
 * ```
 */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  if (xs.length === 0) throw new TypeError("Cannot stack: at least one tensor is needed, got none");
  const along = normalizeAxis("stack", axis, xs[0].shape.length + 1);
  const other = xs.find((x) => !sameShape(x.shape, xs[0].shape));
  if (other !== undefined) {
    throw new TypeError(
      `Cannot stack ${formatShape(xs[0].shape)} and ${formatShape(other.shape)}: ` +
        `the shapes must be equal`,
    );
  }
  const shape = xs[0].shape.toSpliced(along, 0, 1);
  return cat(xs.map((x) => reshape(x, shape)), along);
}
