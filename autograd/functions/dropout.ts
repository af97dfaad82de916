import { uniform } from "../../tensor/creation.ts";
import { checkFloat } from "../../tensor/launch.ts";
import type { RandomKey } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { cast } from "../ops/cast.ts";
import { greater } from "../ops/compare.ts";
import { scale } from "../ops/scale.ts";
import { where } from "../ops/where.ts";

/**
 * x with each element set to zero with probability `rate`, the others divided by 1 − rate.
 *
 * The same key drops the same elements on every device and in every dtype. `rate` runs from 0 up to, not including, 1.
 *
 * @throws {TypeError} if x is int32.
 * @throws {RangeError} if the rate is outside.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { dropout, ones, randomKey } from "../../mod.ts";
 *
 * const kept = dropout(ones([100]), 0.5, randomKey(0)).dataSync();
 * deepEqual([...new Set(kept)].sort(), [0, 2]);
 * ```
 */
export function dropout(x: Tensor, rate: number, key: RandomKey): Tensor {
  checkFloat("drop out", x);
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(
      `Cannot drop out at rate ${rate}: it must be from 0 up to, not including, 1`,
    );
  }
  const draws = uniform(key, x.shape, { dtype: "float32", device: x.device });
  return where(cast(greater(rate, draws), x.dtype), 0, scale(x, 1 / (1 - rate)));
}
