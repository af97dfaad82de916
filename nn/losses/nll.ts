import { mean } from "../../autograd/functions/mean.ts";
import { gather } from "../../autograd/ops/gather.ts";
import { reshape } from "../../autograd/ops/reshape.ts";
import { scale } from "../../autograd/ops/scale.ts";
import { formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * The mean negative log-likelihood of classes, from log-probabilities.
 *
 * `nll(logSoftmax(x), classes)` is `crossEntropy(x, classes)`.
 *
 * Shape: log-probabilities [N,C], classes int32 [N] from 0 to C − 1; gives a scalar.
 *
 * @throws {TypeError} if the shapes do not fit together or the classes are not int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { nll, tensor } from "../../mod.ts";
 *
 * equal(nll(tensor([[-1, -3], [-2, -5]]), tensor(Int32Array.of(0, 1))).dataSync()[0], 3);
 * ```
 */
export function nll(logProbabilities: Tensor, classes: Tensor): Tensor {
  if (logProbabilities.shape.length !== 2 || classes.shape.length !== 1) {
    throw new TypeError(
      `Cannot take the negative log-likelihood of ${formatShape(logProbabilities.shape)} and ` +
        `classes ${formatShape(classes.shape)}: they must be [N,C] and [N]`,
    );
  }
  const chosen = gather(logProbabilities, reshape(classes, [classes.size, 1]), 1);
  return scale(mean(chosen), -1);
}
