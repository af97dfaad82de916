import type { Tensor } from "../../tensor/tensor.ts";
import { greater } from "../ops/compare.ts";
import { where } from "../ops/where.ts";

/**
 * x kept between two numbers.
 *
 * Derivative: gx = g from `low` to `high`, both included, else 0.
 *
 * @throws {RangeError} if `low` is above `high`.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { clip, tensor } from "../../mod.ts";
 *
 * deepEqual([...clip(tensor([-2, 0.5, 9]), 0, 1).dataSync()], [0, 0.5, 1]);
 * ```
 */
export function clip(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) {
    throw new RangeError(
      `Cannot clip from ${low} to ${high}: the first must not be above the second`,
    );
  }
  return where(greater(low, x), low, where(greater(x, high), high, x));
}
