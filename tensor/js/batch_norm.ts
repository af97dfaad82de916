/**
 * Batch normalisation over every axis but 1, with and without a ReLU behind it, and the backward
 * passes.
 *
 * @module
 */

import {
  type BatchNormGradients,
  type BatchNormResult,
  type HostArray,
  hostArray,
  type Operand,
} from "../device.ts";
import { sizeOf } from "../shape.ts";
import { relu } from "./elementwise.ts";
import { sumOfRow } from "./reduction.ts";

export function batchNorm(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  bias: Operand<HostArray>,
  epsilon: number,
): BatchNormResult<HostArray> {
  const { mean, variance } = statistics(x);
  return { output: normalize(x, weight, bias, mean, variance, epsilon), mean, variance };
}

export function batchNormRelu(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  bias: Operand<HostArray>,
  epsilon: number,
): BatchNormResult<HostArray> {
  const { output, mean, variance } = batchNorm(x, weight, bias, epsilon);
  return { output: relu({ ...x, buffer: output }), mean, variance };
}

/** The mean and variance of an empty batch are NaN. */
function statistics(
  { shape, dtype, buffer: x }: Operand<HostArray>,
): { mean: HostArray; variance: HostArray } {
  const [N, C] = shape;
  const area = sizeOf(shape.slice(2));
  const count = N * area;
  const mean = hostArray(dtype, C);
  const variance = hostArray(dtype, C);
  for (let c = 0; c < C; c++) {
    let sum = 0;
    for (let n = 0; n < N; n++) sum += sumOfRow(x, (n * C + c) * area, area);
    const center = sum / count;

    let squares = 0;
    for (let n = 0; n < N; n++) {
      const start = (n * C + c) * area;
      for (let i = start; i < start + area; i++) {
        const deviation = x[i] - center;
        squares += deviation * deviation;
      }
    }
    mean[c] = center;
    variance[c] = squares / count;
  }
  return { mean, variance };
}

/**
 * From the statistics as they are kept, rounded to the dtype, so that a backward pass can find
 * every element again to the last bit.
 */
function normalize(
  { shape, dtype, buffer: x }: Operand<HostArray>,
  { buffer: weight }: Operand<HostArray>,
  { buffer: bias }: Operand<HostArray>,
  mean: HostArray,
  variance: HostArray,
  epsilon: number,
): HostArray {
  const [N, C] = shape;
  const area = sizeOf(shape.slice(2));
  const output = hostArray(dtype, x.length);
  for (let c = 0; c < C; c++) {
    const center = mean[c];
    const factor = weight[c] / Math.sqrt(variance[c] + epsilon);
    const shift = bias[c];
    for (let n = 0; n < N; n++) {
      const start = (n * C + c) * area;
      for (let i = start; i < start + area; i++) output[i] = (x[i] - center) * factor + shift;
    }
  }
  return output;
}

/**
 * With x̂ = (x − mean) / √(variance + ε), weight gets Σ g·x̂, bias Σ g, and x
 * weight / √(variance + ε) · (g − average of g − x̂ · average of g·x̂).
 */
export function batchNormBackward(
  { shape, dtype, buffer: x }: Operand<HostArray>,
  { buffer: weight }: Operand<HostArray>,
  { buffer: mean }: Operand<HostArray>,
  { buffer: variance }: Operand<HostArray>,
  { buffer: g }: Operand<HostArray>,
  epsilon: number,
): BatchNormGradients<HostArray> {
  const [N, C] = shape;
  const area = sizeOf(shape.slice(2));
  const count = N * area;
  const gx = hostArray(dtype, x.length);
  const gWeight = hostArray(dtype, C);
  const gBias = hostArray(dtype, C);
  for (let c = 0; c < C; c++) {
    const center = mean[c];
    const inverse = 1 / Math.sqrt(variance[c] + epsilon);

    let sum = 0;
    let product = 0;
    for (let n = 0; n < N; n++) {
      const start = (n * C + c) * area;
      for (let i = start; i < start + area; i++) {
        sum += g[i];
        product += g[i] * ((x[i] - center) * inverse);
      }
    }
    gBias[c] = sum;
    gWeight[c] = product;

    const factor = weight[c] * inverse;
    const average = sum / count;
    const slope = product * inverse / count;
    for (let n = 0; n < N; n++) {
      const start = (n * C + c) * area;
      for (let i = start; i < start + area; i++) {
        gx[i] = factor * (g[i] - average - (x[i] - center) * slope);
      }
    }
  }
  return { x: gx, weight: gWeight, bias: gBias };
}

export function batchNormReluBackward(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  bias: Operand<HostArray>,
  mean: Operand<HostArray>,
  variance: Operand<HostArray>,
  g: Operand<HostArray>,
  epsilon: number,
): BatchNormGradients<HostArray> {
  const passed = normalize(x, weight, bias, mean.buffer, variance.buffer, epsilon);
  for (let i = 0; i < passed.length; i++) passed[i] = g.buffer[i] * Number(passed[i] > 0);
  return batchNormBackward(x, weight, mean, variance, { ...g, buffer: passed }, epsilon);
}
