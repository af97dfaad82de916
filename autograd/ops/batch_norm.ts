import { checkFloat, checkShapeIs, launchMany } from "../../tensor/launch.ts";
import { formatShape, type Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mean } from "../functions/mean.ts";
import { sub } from "../functions/sub.ts";
import { sum } from "../functions/sum.ts";
import { isWatched, jointDerivative, taped } from "../tape.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { pow } from "./pow.ts";
import { reshape } from "./reshape.ts";

/** What {@linkcode batchNorm} returns: the output, and constants that no gradient flows through. */
export interface BatchNormOutput {
  /** With x's shape. */
  readonly output: Tensor;
  /** The batch's mean of each channel [C]. */
  readonly mean: Tensor;
  /** The batch's biased variance of each channel [C]. */
  readonly variance: Tensor;
}

/**
 * Batch normalisation by the batch's own statistics:
 * weight · (x − mean) / √(variance + epsilon) + bias for each channel.
 *
 * Shape: x [N,C,...], weight and bias [C]; the output has x's shape.
 *
 * Derivative, with n = (x − mean) / √(variance + epsilon) and sums and means over all axes but C:
 * gbias = Σ g, gweight = Σ g·n, gx = weight / √(variance + epsilon) · (g − mean(g) − n · mean(g·n)).
 * When an outer tape listens, mean and variance are computed again from x in differentiable ops:
 * they vary with x, and a rule that took the saved ones would be wrong at the second order.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} if a channel has no elements.
 * Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithm 1.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { batchNorm, ones, tensor, zeros } from "../../mod.ts";
 *
 * const { output, mean } = batchNorm(tensor([[1], [3]]), ones([1]), zeros([1]), 0);
 * deepEqual([...output.dataSync()], [-1, 1]);
 * deepEqual([...mean.dataSync()], [2]);
 * ```
 */
export function batchNorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  epsilon = 1e-5,
): BatchNormOutput {
  const { output, mean, variance } = normalize("batchNorm", x, weight, bias, epsilon);
  taped("batchNorm", output, [
    jointDerivative(
      [x, weight, bias],
      [x, weight, mean, variance],
      (g, x, weight, mean, variance) =>
        isWatched(g, x, weight)
          ? batchNormGradients(g, x, weight, epsilon)
          : fused(g, x, weight, mean, variance, epsilon),
    ),
  ]);
  return { output, mean, variance };
}

/**
 * Runs a kernel that normalises by the batch.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} if a channel has no elements.
 */
export function normalize(
  op: "batchNorm" | "batchNormRelu",
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  epsilon: number,
): BatchNormOutput {
  check(op, x, weight, bias);
  const channels = weight.shape;
  const [output, mean, variance] = launchMany(
    op,
    [x, weight, bias],
    [x.shape, channels, channels],
    (kernels) => {
      const result = kernels[op](x, weight, bias, epsilon);
      return [result.output, result.mean, result.variance];
    },
  );
  return { output, mean, variance };
}

/** The gradients of {@linkcode batchNorm} with respect to x, weight and bias, in differentiable ops. */
export function batchNormGradients(
  g: Tensor,
  x: Tensor,
  weight: Tensor,
  epsilon: number,
): Tensor[] {
  const { others, channelShape } = axesOf(x.shape);
  const centred = sub(x, mean(x, others, true));
  const variance = mean(mul(centred, centred), others, true);
  const inverseDeviation = pow(add(variance, epsilon), -0.5);
  const normalized = mul(centred, inverseDeviation);
  const count = x.size / x.shape[1];
  const gBias = sum(g, others, true);
  const gWeight = sum(mul(g, normalized), others, true);
  const shared = add(gBias, mul(normalized, gWeight));
  const gx = mul(
    mul(reshape(weight, channelShape), inverseDeviation),
    sub(g, mul(shared, 1 / count)),
  );
  return [gx, reshape(gWeight, weight.shape), reshape(gBias, weight.shape)];
}

function fused(
  g: Tensor,
  x: Tensor,
  weight: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon: number,
): Tensor[] {
  return launchMany(
    "batchNormBackward",
    [x, weight, mean, variance, g],
    [x.shape, weight.shape, weight.shape],
    (kernels) => {
      const result = kernels.batchNormBackward(x, weight, mean, variance, g, epsilon);
      return [result.x, result.weight, result.bias];
    },
  );
}

function axesOf(shape: Shape): { others: number[]; channelShape: number[] } {
  return {
    others: shape.map((_, axis) => axis).filter((axis) => axis !== 1),
    channelShape: shape.map((length, axis) => axis === 1 ? length : 1),
  };
}

function check(op: string, x: Tensor, weight: Tensor, bias: Tensor): void {
  checkFloat(op, x, weight, bias);
  if (x.shape.length < 2) {
    throw new TypeError(
      `Cannot ${op} a tensor of shape ${formatShape(x.shape)}: it must be [N,C,...]`,
    );
  }
  checkShapeIs(op, "the weight", weight, [x.shape[1]]);
  checkShapeIs(op, "the bias", bias, [x.shape[1]]);
  if (x.size === 0) {
    throw new RangeError(
      `Cannot ${op} an empty batch of shape ${formatShape(x.shape)}: it has no statistics`,
    );
  }
}
