/**
 * Batch normalisation over every axis but 1, with and without a ReLU behind it, and the backward
 * passes.
 *
 * @module
 */

import type { BatchNormResult, Kernels } from "../../device.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { channelsOf } from "./channels.ts";
import { gradients } from "./gradients.ts";
import { normalize } from "./normalize.ts";
import { statistics } from "./statistics.ts";

type BatchNorm = Pick<
  Kernels<WebgpuBuffer>,
  "batchNorm" | "batchNormBackward" | "batchNormRelu" | "batchNormReluBackward"
>;

/** The batch normalisation kernels of a GPU. */
export function batchNormKernels(gpu: Gpu): BatchNorm {
  return {
    batchNorm: (x, weight, bias, epsilon) => forward(gpu, [x, weight, bias], epsilon, false),
    batchNormRelu: (x, weight, bias, epsilon) => forward(gpu, [x, weight, bias], epsilon, true),
    batchNormBackward: (x, weight, mean, variance, g, epsilon) =>
      gradients(gpu, { x, weight, mean, variance, g }, channelsOf(x.shape), epsilon),
    batchNormReluBackward: (x, weight, bias, mean, variance, g, epsilon) =>
      gradients(gpu, { x, weight, bias, mean, variance, g }, channelsOf(x.shape), epsilon),
  };
}

function forward(
  gpu: Gpu,
  operands: readonly [x: WebgpuOperand, weight: WebgpuOperand, bias: WebgpuOperand],
  epsilon: number,
  hasRelu: boolean,
): BatchNormResult<WebgpuBuffer> {
  const [x] = operands;
  const channels = channelsOf(x.shape);
  const found = statistics(gpu, x, channels);
  const output = normalize(gpu, operands, found, channels, epsilon, hasRelu);
  return { output, ...found };
}
