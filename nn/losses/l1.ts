import { mean } from "../../autograd/functions/mean.ts";
import { sub } from "../../autograd/functions/sub.ts";
import { abs } from "../../autograd/ops/abs.ts";
import { checkShapeIs } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * The mean absolute difference of a prediction from its target.
 *
 * Shape: both have one shape; gives a scalar.
 *
 * @throws {TypeError} if the shapes differ.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { l1, tensor } from "../../mod.ts";
 *
 * equal(l1(tensor([1, 2]), tensor([1, 4])).dataSync()[0], 1);
 * ```
 */
export function l1(prediction: Tensor, target: Tensor): Tensor {
  checkShapeIs("l1", "the target", target, prediction.shape);
  return mean(abs(sub(prediction, target)));
}
