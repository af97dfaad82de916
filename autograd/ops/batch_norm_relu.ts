import { launchMany } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { isWatched, jointDerivative, taped } from "../tape.ts";
import { batchNormGradients, type BatchNormOutput, normalize } from "./batch_norm.ts";
import { mul } from "./mul.ts";
import { positive } from "./positive.ts";

/**
 * ReLU of a batch normalisation in one op, which keeps neither the normalised x nor a mask:
 * max(weight · (x − mean) / √(variance + epsilon) + bias, 0) for each channel.
 *
 * Shape: x [N,C,...], weight and bias [C]; the output has x's shape.
 *
 * Derivative: {@linkcode batchNorm}'s, of g where the output is positive, else 0.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} if a channel has no elements.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { batchNormRelu, ones, tensor, zeros } from "../../mod.ts";
 *
 * const { output } = batchNormRelu(tensor([[1], [3]]), ones([1]), zeros([1]), 0);
 * deepEqual([...output.dataSync()], [0, 1]);
 * ```
 */
export function batchNormRelu(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  epsilon = 1e-5,
): BatchNormOutput {
  const { output, mean, variance } = normalize("batchNormRelu", x, weight, bias, epsilon);
  taped("batchNormRelu", output, [
    jointDerivative(
      [x, weight, bias],
      [x, weight, bias, mean, variance, output],
      (g, x, weight, bias, mean, variance, output) =>
        isWatched(g, x, weight)
          ? batchNormGradients(mul(g, positive(output)), x, weight, epsilon)
          : fused(g, x, weight, bias, mean, variance, epsilon),
    ),
  ]);
  return { output, mean, variance };
}

function fused(
  g: Tensor,
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon: number,
): Tensor[] {
  return launchMany(
    "batchNormReluBackward",
    [x, weight, bias, mean, variance, g],
    [x.shape, weight.shape, weight.shape],
    (kernels) => {
      const result = kernels.batchNormReluBackward(x, weight, bias, mean, variance, g, epsilon);
      return [result.x, result.weight, result.bias];
    },
  );
}
