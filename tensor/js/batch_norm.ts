/**
 * Batch normalisation over every axis but 1, and its backward pass.
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
import { type Shape, sizeOf } from "../shape.ts";

export function batchNorm(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  bias: Operand<HostArray>,
  epsilon: number,
): BatchNormResult<HostArray> {
  const [, C] = x.shape;
  const output = hostArray(x.dtype, x.buffer.length);
  const mean = hostArray(x.dtype, C);
  const variance = hostArray(x.dtype, C);
  const count = x.buffer.length / C;
  for (let c = 0; c < C; c++) {
    let sum = 0;
    visitChannel(x.shape, c, (at) => sum += x.buffer[at]);
    const center = sum / count;
    let squares = 0;
    visitChannel(x.shape, c, (at) => squares += (x.buffer[at] - center) ** 2);
    mean[c] = center;
    variance[c] = squares / count;
    const factor = weight.buffer[c] / Math.sqrt(squares / count + epsilon);
    visitChannel(x.shape, c, (at) => {
      output[at] = (x.buffer[at] - center) * factor + bias.buffer[c];
    });
  }
  return { output, mean, variance };
}

export function batchNormBackward(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  mean: Operand<HostArray>,
  variance: Operand<HostArray>,
  g: Operand<HostArray>,
  epsilon: number,
): BatchNormGradients<HostArray> {
  const [, C] = x.shape;
  const gx = hostArray(x.dtype, x.buffer.length);
  const gWeight = hostArray(x.dtype, C);
  const gBias = hostArray(x.dtype, C);
  const count = x.buffer.length / C;
  for (let c = 0; c < C; c++) {
    const center = mean.buffer[c];
    const inverse = 1 / Math.sqrt(variance.buffer[c] + epsilon);
    let sum = 0;
    let product = 0;
    visitChannel(x.shape, c, (at) => {
      sum += g.buffer[at];
      product += g.buffer[at] * (x.buffer[at] - center) * inverse;
    });
    gBias[c] = sum;
    gWeight[c] = product;
    const factor = weight.buffer[c] * inverse;
    visitChannel(x.shape, c, (at) => {
      const normalized = (x.buffer[at] - center) * inverse;
      gx[at] = factor * (g.buffer[at] - sum / count - normalized * product / count);
    });
  }
  return { x: gx, weight: gWeight, bias: gBias };
}

function visitChannel(shape: Shape, channel: number, visit: (at: number) => void): void {
  const [N, C] = shape;
  const plane = sizeOf(shape.slice(2));
  for (let n = 0; n < N; n++) {
    const start = (n * C + channel) * plane;
    for (let i = 0; i < plane; i++) visit(start + i);
  }
}
