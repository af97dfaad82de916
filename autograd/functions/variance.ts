import { checkFloat } from "../../tensor/launch.ts";
import { normalizeAxes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mul } from "../ops/mul.ts";
import { scale } from "../ops/scale.ts";
import { mean } from "./mean.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/** How {@linkcode variance} counts. */
export interface VarianceOptions {
  /** Keep the reduced axes with length 1. */
  readonly keepdim?: boolean;
  /** What is taken off the number of elements: 1 (unbiased, as in PyTorch) unless told. */
  readonly correction?: number;
}

/**
 * The variance over some axes, or over all: Σ (x − mean)² / (count − correction).
 *
 * Shape: x without those axes; with length 1 in their place if `keepdim`.
 *
 * @throws {TypeError} if x is int32.
 * @throws {RangeError} if an axis does not exist or is named twice.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { tensor, variance } from "../../mod.ts";
 *
 * equal(variance(tensor([1, 3])).dataSync()[0], 2);
 * equal(variance(tensor([1, 3]), 0, { correction: 0 }).dataSync()[0], 1);
 * ```
 */
export function variance(
  x: Tensor,
  axes?: number | readonly number[],
  { keepdim = false, correction = 1 }: VarianceOptions = {},
): Tensor {
  checkFloat("take the variance of", x);
  const over = normalizeAxes("take the variance", axes, x.shape.length);
  const count = over.reduce((product, axis) => product * x.shape[axis], 1);
  const centred = sub(x, mean(x, over, true));
  return scale(sum(mul(centred, centred), over, keepdim), 1 / (count - correction));
}
