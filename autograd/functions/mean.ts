import { checkFloat } from "../../tensor/launch.ts";
import { normalizeAxes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { scale } from "../ops/scale.ts";
import { sum } from "./sum.ts";

/**
 * The mean over some axes, or over all; NaN over nothing.
 *
 * Shape: x without those axes; with length 1 in their place if `keepdim`.
 *
 * @throws {TypeError} if x is int32.
 * @throws {RangeError} if an axis does not exist or is named twice.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { mean, tensor } from "../../mod.ts";
 *
 * deepEqual([...mean(tensor([[1, 2], [3, 4]]), 1).dataSync()], [1.5, 3.5]);
 * ```
 */
export function mean(x: Tensor, axes?: number | readonly number[], keepdim = false): Tensor {
  checkFloat("take the mean of", x);
  const over = normalizeAxes("take the mean", axes, x.shape.length);
  const count = over.reduce((product, axis) => product * x.shape[axis], 1);
  return scale(sum(x, over, keepdim), 1 / count);
}
