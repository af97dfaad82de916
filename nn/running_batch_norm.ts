/**
 * Batch normalisation that remembers: the batch's statistics in training, running ones afterwards.
 *
 * @module
 */

import { div } from "../autograd/functions/div.ts";
import { sub } from "../autograd/functions/sub.ts";
import { add } from "../autograd/ops/add.ts";
import { batchNorm } from "../autograd/ops/batch_norm.ts";
import { batchNormRelu } from "../autograd/ops/batch_norm_relu.ts";
import { combine } from "../autograd/ops/combine.ts";
import { mul } from "../autograd/ops/mul.ts";
import { relu } from "../autograd/ops/relu.ts";
import { reshape } from "../autograd/ops/reshape.ts";
import { sqrt } from "../autograd/ops/sqrt.ts";
import { stopGradient } from "../autograd/ops/stop_gradient.ts";
import { checkFloat, checkShapeIs } from "../tensor/launch.ts";
import { formatShape } from "../tensor/shape.ts";
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
  check("runningBatchNorm", x, params, running, options);
  return options.training
    ? byBatch(batchNorm, x, params, running, options)
    : [byRunning(x, params, running, options.epsilon), running];
}

/**
 * ReLU of {@linkcode runningBatchNorm}, which in training passes over x no more often than that and
 * keeps nothing else for the gradient.
 *
 * Shape: x [N,C,...]; parameters and statistics [C]; the output has x's shape.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} as {@linkcode runningBatchNorm} does.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { ones, runningBatchNormRelu, tensor, zeros } from "../mod.ts";
 *
 * const params = { weight: ones([1]), bias: zeros([1]) };
 * const before = { running_mean: zeros([1]), running_var: ones([1]) };
 * const mode = { training: true, epsilon: 0 };
 * const [y] = runningBatchNormRelu(tensor([[1], [3]]), params, before, mode);
 * deepEqual([...y.dataSync()], [0, 1]);
 * ```
 */
export function runningBatchNormRelu(
  x: Tensor,
  params: BatchNormParams,
  running: RunningStatistics,
  options: RunningBatchNormOptions,
): [Tensor, RunningStatistics] {
  check("runningBatchNormRelu", x, params, running, options);
  return options.training
    ? byBatch(batchNormRelu, x, params, running, options)
    : [relu(byRunning(x, params, running, options.epsilon)), running];
}

/**
 * The slope and the shift [C] to which normalising by running statistics comes down: each channel
 * becomes slope · x + shift. No gradient flows to the statistics.
 */
export function slopeAndShift(
  { weight, bias }: BatchNormParams,
  { running_mean, running_var }: RunningStatistics,
  epsilon = 1e-5,
): [slope: Tensor, shift: Tensor] {
  const slope = div(weight, sqrt(add(stopGradient(running_var), epsilon)));
  return [slope, sub(bias, mul(stopGradient(running_mean), slope))];
}

function byBatch(
  normalize: typeof batchNorm,
  x: Tensor,
  { weight, bias }: BatchNormParams,
  running: RunningStatistics,
  { momentum = 0.1, epsilon }: RunningBatchNormOptions,
): [Tensor, RunningStatistics] {
  const count = valuesPerChannel(x);
  const { output, mean, variance } = normalize(x, weight, bias, epsilon);
  const moved = (before: Tensor, batch: Tensor, correction = 1) =>
    combine(stopGradient(before), 1 - momentum, batch, momentum * correction);
  return [output, {
    running_mean: moved(running.running_mean, mean),
    running_var: moved(running.running_var, variance, count / (count - 1)),
  }];
}

function byRunning(
  x: Tensor,
  params: BatchNormParams,
  running: RunningStatistics,
  epsilon?: number,
): Tensor {
  const [slope, shift] = slopeAndShift(params, running, epsilon);
  const perChannel = x.shape.map((length, axis) => axis === 1 ? length : 1);
  return add(mul(x, reshape(slope, perChannel)), reshape(shift, perChannel));
}

function check(
  op: string,
  x: Tensor,
  params: BatchNormParams,
  running: RunningStatistics,
  { training, momentum = 0.1 }: RunningBatchNormOptions,
): void {
  checkFloat(op, x);
  if (x.shape.length < 2) {
    throw new TypeError(
      `Cannot ${op} a tensor of shape ${formatShape(x.shape)}: it must be [N,C,...]`,
    );
  }
  checkChannels(op, x.shape[1], params, running);
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new RangeError(`Cannot ${op} with momentum ${momentum}: it must be from 0 to 1`);
  }
  const count = valuesPerChannel(x);
  if (training && count < 2) {
    throw new RangeError(
      `Cannot ${op} a tensor of shape ${formatShape(x.shape)} in training: ` +
        `each channel needs two values or more, got ${count}; use a larger batch or image`,
    );
  }
}

/**
 * Checks that parameters and running statistics are for so many channels.
 *
 * @throws {TypeError} if they are not.
 */
export function checkChannels(
  op: string,
  channels: number,
  { weight, bias }: BatchNormParams,
  { running_mean, running_var }: RunningStatistics,
): void {
  checkShapeIs(op, "the weight", weight, [channels]);
  checkShapeIs(op, "the bias", bias, [channels]);
  checkShapeIs(op, "the running mean", running_mean, [channels]);
  checkShapeIs(op, "the running variance", running_var, [channels]);
}

function valuesPerChannel(x: Tensor): number {
  return x.size / x.shape[1];
}
