import { normalizeAxes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { reshape } from "../ops/reshape.ts";
import { sumTo } from "../ops/sum_to.ts";

/**
 * The sum over some axes, or over all.
 *
 * Shape: x without those axes; with length 1 in their place if `keepdim`.
 *
 * @throws {RangeError} if an axis does not exist or is named twice.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { sum, tensor } from "../../mod.ts";
 *
 * deepEqual([...sum(tensor([[1, 2], [3, 4]]), 0).dataSync()], [4, 6]);
 * ```
 */
export function sum(x: Tensor, axes?: number | readonly number[], keepdim = false): Tensor {
  const over = new Set(normalizeAxes("sum", axes, x.shape.length));
  const kept = sumTo(x, x.shape.map((length, axis) => over.has(axis) ? 1 : length));
  return keepdim ? kept : reshape(kept, x.shape.filter((_, axis) => !over.has(axis)));
}
