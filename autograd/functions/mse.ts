import { checkShapeIs } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mul } from "../ops/mul.ts";
import { mean } from "./mean.ts";
import { sub } from "./sub.ts";

/**
 * The mean squared difference of a prediction from its target.
 *
 * Shape: both have one shape; gives a scalar.
 *
 * @throws {TypeError} if the shapes differ.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { mse, tensor } from "../../mod.ts";
 *
 * equal(mse(tensor([1, 2]), tensor([1, 4])).dataSync()[0], 2);
 * ```
 */
export function mse(prediction: Tensor, target: Tensor): Tensor {
  checkShapeIs("mse", "the target", target, prediction.shape);
  const difference = sub(prediction, target);
  return mean(mul(difference, difference));
}
