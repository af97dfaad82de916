import { checkShapeIs } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mul } from "../ops/mul.ts";
import { softplus } from "../ops/softplus.ts";
import { mean } from "./mean.ts";
import { sub } from "./sub.ts";

/**
 * The mean binary cross-entropy of targets from 0 to 1 under the sigmoid of logits, without overflow:
 * the mean of log(1 + eˣ) − x·target.
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
  return mean(sub(softplus(logits), mul(logits, targets)));
}
