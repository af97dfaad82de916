import { formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { gather } from "../ops/gather.ts";
import { reshape } from "../ops/reshape.ts";
import { scale } from "../ops/scale.ts";
import { mean } from "./mean.ts";
import { logSoftmax } from "./softmax.ts";

/**
 * The mean negative log-likelihood of classes under the softmax of their logits.
 *
 * Shape: logits [N,C], classes int32 [N] from 0 to C − 1; gives a scalar.
 *
 * @throws {TypeError} if the shapes do not fit together or the classes are not int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { crossEntropy, tensor } from "../../mod.ts";
 *
 * equal(crossEntropy(tensor([[1000, 0]]), tensor(Int32Array.of(1))).dataSync()[0], 1000);
 * ```
 */
export function crossEntropy(logits: Tensor, classes: Tensor): Tensor {
  if (logits.shape.length !== 2 || classes.shape.length !== 1) {
    throw new TypeError(
      `Cannot take the cross entropy of logits ${formatShape(logits.shape)} and classes ` +
        `${formatShape(classes.shape)}: they must be [N,C] and [N]`,
    );
  }
  const chosen = gather(logSoftmax(logits), reshape(classes, [-1, 1]), 1);
  return scale(mean(chosen), -1);
}
