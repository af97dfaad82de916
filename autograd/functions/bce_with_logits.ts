import { checkShapeIs } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { add } from "../ops/add.ts";
import { mul } from "../ops/mul.ts";
import { scale } from "../ops/scale.ts";
import { softplus } from "../ops/softplus.ts";
import { mean } from "./mean.ts";
import { sub } from "./sub.ts";

/**
 * The mean binary cross-entropy of targets from 0 to 1 under the sigmoid of logits: the mean of
 * target · log(1 + e⁻ˣ) + (1 − target) · log(1 + eˣ), without overflow, and exact to the last digits
 * for small losses too.
 *
 * Shape: logits and targets have one shape; gives a scalar.
 *
 * @throws {TypeError} if the shapes differ.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { bceWithLogits, tensor } from "../../mod.ts";
 *
 * equal(bceWithLogits(tensor([1000, -1000]), tensor([1, 0])).dataSync()[0], 0);
 * ```
 */
export function bceWithLogits(logits: Tensor, targets: Tensor): Tensor {
  checkShapeIs("bceWithLogits", "the targets", targets, logits.shape);
  const whereOne = mul(targets, softplus(scale(logits, -1)));
  const whereZero = mul(sub(1, targets), softplus(logits));
  return mean(add(whereOne, whereZero));
}
