/**
 * Batch normalisation that remembers: the batch's statistics in training, running ones afterwards.
 *
 * @module
 */

import { div } from "../autograd/functions/div.ts";
import { sub } from "../autograd/functions/sub.ts";
import { add } from "../autograd/ops/add.ts";
import { batchNorm } from "../autograd/ops/batch_norm.ts";
import { mul } from "../autograd/ops/mul.ts";
import { reshape } from "../autograd/ops/reshape.ts";
import { scale } from "../autograd/ops/scale.ts";
import { sqrt } from "../autograd/ops/sqrt.ts";
import { stopGradient } from "../autograd/ops/stop_gradient.ts";
import { checkFloat, checkShapeIs } from "../tensor/launch.ts";
import { formatShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** The scale and shift of each channel [C]. */
export type BatchNormParams = { readonly weight: Tensor; readonly bias: Tensor };

/** The running mean and unbiased variance of each channel [C], by PyTorch's names. */
export type RunningStatistics = { readonly running_mean: Tensor; readonly running_var: Tensor };

/** How {@linkcode runningBatchNorm} normalises. */
export interface RunningBatchNormOptions {
  /** Whether to normalise by the batch's own statistics and to move the running ones. */
  readonly training: boolean;
  /** The weight of the newest batch in the running statistics: 0.1 unless told. */
  readonly momentum?: number;
  /** What is added to the variance: 1e-5 unless told. */
  readonly epsilon?: number;
}

/**
 * Batch normalisation, weight · (x − mean) / √(variance + epsilon) + bias for each channel; returns
 * the output and the new running statistics.
 *
 * In training, mean and variance are the batch's own, and each running statistic becomes
 * (1 − momentum) · running + momentum · batch, with the batch's unbiased variance. Else they are the
 * running ones, which are returned as they are. No gradient flows to or through running statistics.
 *
 * Shape: x [N,C,...]; parameters and statistics [C]; the output has x's shape.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} if, in training, a channel has fewer than two values: one alone has no
 * unbiased variance. Also if momentum is not from 0 to 1.
 * Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015; as in PyTorch's `BatchNorm2d`.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { ones, runningBatchNorm, tensor, zeros } from "../mod.ts";
 *
 * const params = { weight: ones([1]), bias: zeros([1]) };
 * const before = { running_mean: zeros([1]), running_var: ones([1]) };
 * const mode = { training: true, momentum: 0.5, epsilon: 0 };
 * const [y, after] = runningBatchNorm(tensor([[1], [3]]), params, before, mode);
 * deepEqual([...y.dataSync()], [-1, 1]);
 * deepEqual([...after.running_mean.dataSync()], [1]);
 * deepEqual([...after.running_var.dataSync()], [1.5]);
 * ```
 */
export function runningBatchNorm(
  x: Tensor,
  params: BatchNormParams,
  running: RunningStatistics,
  options: RunningBatchNormOptions,
): [Tensor, RunningStatistics] {
  check(x, params, running, options);
  return options.training
    ? byBatch(x, params, running, options)
    : [byRunning(x, params, running, options), running];
}

function byBatch(
  x: Tensor,
  { weight, bias }: BatchNormParams,
  running: RunningStatistics,
  { momentum = 0.1, epsilon }: RunningBatchNormOptions,
): [Tensor, RunningStatistics] {
  const count = x.size / x.shape[1];
  if (count < 2) {
    throw new RangeError(
      `Cannot runningBatchNorm a tensor of shape ${formatShape(x.shape)} in training: ` +
        `each channel needs two values or more, got ${count}; use a larger batch or image`,
    );
  }
  const { output, mean, variance } = batchNorm(x, weight, bias, epsilon);
  const moved = (before: Tensor, batch: Tensor) =>
    add(scale(stopGradient(before), 1 - momentum), scale(batch, momentum));
  return [output, {
    running_mean: moved(running.running_mean, mean),
    running_var: moved(running.running_var, scale(variance, count / (count - 1))),
  }];
}

/** One scale and one shift of each channel, so that the large x is passed over only twice. */
function byRunning(
  x: Tensor,
  { weight, bias }: BatchNormParams,
  { running_mean, running_var }: RunningStatistics,
  { epsilon = 1e-5 }: RunningBatchNormOptions,
): Tensor {
  const slope = div(weight, sqrt(add(stopGradient(running_var), epsilon)));
  const shift = sub(bias, mul(stopGradient(running_mean), slope));
  const perChannel = x.shape.map((length, axis) => axis === 1 ? length : 1);
  return add(mul(x, reshape(slope, perChannel)), reshape(shift, perChannel));
}

function check(
  x: Tensor,
  { weight, bias }: BatchNormParams,
  { running_mean, running_var }: RunningStatistics,
  { momentum = 0.1 }: RunningBatchNormOptions,
): void {
  const op = "runningBatchNorm";
  checkFloat(op, x);
  if (x.shape.length < 2) {
    throw new TypeError(
      `Cannot ${op} a tensor of shape ${formatShape(x.shape)}: it must be [N,C,...]`,
    );
  }
  const channels: Shape = [x.shape[1]];
  checkShapeIs(op, "the weight", weight, channels);
  checkShapeIs(op, "the bias", bias, channels);
  checkShapeIs(op, "the running mean", running_mean, channels);
  checkShapeIs(op, "the running variance", running_var, channels);
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new RangeError(`Cannot ${op} with momentum ${momentum}: it must be from 0 to 1`);
  }
}
