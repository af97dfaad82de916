import { add } from "../autograd/ops/add.ts";
import { mul } from "../autograd/ops/mul.ts";
import { reshape } from "../autograd/ops/reshape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  type BatchNormParams,
  checkChannels,
  type RunningStatistics,
  slopeAndShift,
} from "./running_batch_norm.ts";

/**
 * The weight and bias of the one convolution that does what a convolution and a batch normalisation by
 * running statistics behind it do. No gradient flows to the statistics.
 *
 * Shape: the convolution's weight [O,C,kH,kW] and bias [O], if it has one; the other's parameters and
 * statistics [O]; gives a weight [O,C,kH,kW] and a bias [O].
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { fuseConvBatchNorm, ones, tensor } from "../mod.ts";
 *
 * const norm = { weight: tensor([6]), bias: tensor([1]) };
 * const running = { running_mean: tensor([5]), running_var: tensor([9]) };
 * const fused = fuseConvBatchNorm({ weight: ones([1, 1, 1, 1]) }, norm, running, 0);
 * deepEqual([...fused.weight.dataSync()], [2]);
 * deepEqual([...fused.bias.dataSync()], [-9]);
 * ```
 */
export function fuseConvBatchNorm(
  conv: { readonly weight: Tensor; readonly bias?: Tensor },
  norm: BatchNormParams,
  running: RunningStatistics,
  epsilon = 1e-5,
): { weight: Tensor; bias: Tensor } {
  const [outputs, ...filter] = conv.weight.shape;
  checkChannels("fuseConvBatchNorm", outputs, norm, running);
  const [slope, shift] = slopeAndShift(norm, running, epsilon);
  return {
    weight: mul(conv.weight, reshape(slope, [outputs, ...filter.map(() => 1)])),
    bias: conv.bias === undefined ? shift : add(mul(conv.bias, slope), shift),
  };
}
