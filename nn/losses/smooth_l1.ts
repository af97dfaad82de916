import { mean } from "../../autograd/functions/mean.ts";
import { sub } from "../../autograd/functions/sub.ts";
import { abs } from "../../autograd/ops/abs.ts";
import { greater } from "../../autograd/ops/compare.ts";
import { mul } from "../../autograd/ops/mul.ts";
import { scale } from "../../autograd/ops/scale.ts";
import { where } from "../../autograd/ops/where.ts";
import { checkShapeIs } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * The mean of d² / (2·beta) where the difference |d| is below `beta`, of |d| − beta/2 elsewhere.
 *
 * Shape: both have one shape; gives a scalar.
 *
 * @throws {TypeError} if the shapes differ.
 * @throws {RangeError} if `beta` is not above 0; for 0 use {@linkcode l1}.
 * Source: Girshick, "Fast R-CNN", ICCV 2015, equation 3; with beta as in PyTorch's `SmoothL1Loss`.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { smoothL1, tensor } from "../../mod.ts";
 *
 * equal(smoothL1(tensor([1, 2]), tensor([2, 5])).dataSync()[0], (0.5 + 2.5) / 2);
 * ```
 */
export function smoothL1(prediction: Tensor, target: Tensor, beta = 1): Tensor {
  checkShapeIs("smoothL1", "the target", target, prediction.shape);
  if (!(Number.isFinite(beta) && beta > 0)) {
    throw new RangeError(`Cannot smoothL1 with beta ${beta}: it must be a finite number above 0`);
  }
  const difference = sub(prediction, target);
  const distance = abs(difference);
  const squared = scale(mul(difference, difference), 0.5 / beta);
  return mean(where(greater(beta, distance), squared, sub(distance, beta / 2)));
}
