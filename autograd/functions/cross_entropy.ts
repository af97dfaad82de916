import { formatShape, sameShape } from "../../tensor/shape.ts";
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
  const [N, C] = logits.shape;
  if (logits.shape.length !== 2 || C === 0 || !sameShape(classes.shape, [N])) {
    throw new TypeError(
      `Cannot take the cross entropy of logits ${formatShape(logits.shape)} and classes ` +
        `${formatShape(classes.shape)}: they must be [N,C] and [N]`,
    );
  }
  if (classes.dtype !== "int32") {
    throw new TypeError(
      `Cannot take the cross entropy with ${classes.dtype} classes: they must be int32`,
    );
  }
  const chosen = gather(logSoftmax(logits), reshape(classes, [N, 1]), 1);
  return scale(mean(chosen), -1);
}
