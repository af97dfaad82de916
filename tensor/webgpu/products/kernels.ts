/**
 * Products of the `webgpu` device: matmul, and convolution with its two transposes.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import { type Geometry, type Shape, sizeOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import { ADD, runBroadcast } from "../elementwise/broadcast.ts";
import { fill } from "../elementwise/flat.ts";
import type { Gpu } from "../gpu.ts";
import { matmul } from "./matmul.ts";
import {
  convolvePatches,
  convolvePatchesToInput,
  convolvePatchesToWeight,
} from "./patches/convolve.ts";
import { isForWinograd } from "./plan.ts";
import { convolve, convolveToWeight, type Filters } from "./winograd/convolve.ts";

type Products = Pick<
  Kernels<WebgpuBuffer>,
  "matmul" | "conv2d" | "conv2dInput" | "conv2dWeight"
>;

/** The products of a GPU. */
export function productKernels(gpu: Gpu): Products {
  return {
    matmul: (x, y, shape) => matmul(gpu, x, y, shape),
    conv2d: (x, weight, geometry, shape, bias) => conv2d(gpu, x, weight, geometry, shape, bias),
    conv2dInput: (g, weight, geometry, shape) => conv2dInput(gpu, g, weight, geometry, shape),
    conv2dWeight: (x, g, geometry, shape) => conv2dWeight(gpu, x, g, geometry, shape),
  };
}

function conv2d(
  gpu: Gpu,
  x: WebgpuOperand,
  weight: WebgpuOperand,
  geometry: Geometry,
  shape: Shape,
  bias?: WebgpuOperand,
): WebgpuBuffer {
  if (isForWinograd(weight.shape, geometry, shape)) {
    return convolve(gpu, x, forwards(weight), geometry.padding, shape, bias?.buffer);
  }
  const out = convolvePatches(gpu, x, weight, geometry, shape);
  if (bias === undefined) return out;
  const { dtype } = x;
  const shift = { shape: [shape[1], 1, 1], dtype, buffer: bias.buffer };
  const shifted = runBroadcast(gpu, ADD, [{ shape, dtype, buffer: out }, shift], shape);
  gpu.free(out);
  return shifted;
}

function conv2dInput(
  gpu: Gpu,
  g: WebgpuOperand,
  weight: WebgpuOperand,
  geometry: Geometry,
  shape: Shape,
): WebgpuBuffer {
  if (sizeOf(g.shape) === 0) return fill(gpu, 0, { shape, dtype: g.dtype });
  const [vertical, horizontal] = geometry.padding;
  return isForWinograd(weight.shape, geometry, shape)
    ? convolve(gpu, g, backwards(weight), [2 - vertical, 2 - horizontal], shape)
    : convolvePatchesToInput(gpu, g, weight, geometry, shape);
}

function conv2dWeight(
  gpu: Gpu,
  x: WebgpuOperand,
  g: WebgpuOperand,
  geometry: Geometry,
  shape: Shape,
): WebgpuBuffer {
  if (sizeOf(g.shape) === 0) return fill(gpu, 0, { shape, dtype: g.dtype });
  return isForWinograd(shape, geometry, g.shape)
    ? convolveToWeight(gpu, x, g, geometry.padding, shape)
    : convolvePatchesToWeight(gpu, x, g, geometry, shape);
}

/** From the channels of x to those of the result. */
function forwards({ buffer, shape: [outputs, inputs] }: WebgpuOperand): Filters {
  return {
    weight: buffer,
    from: inputs,
    to: outputs,
    fromStep: 9,
    toStep: 9 * inputs,
    isRotated: false,
  };
}

/** From the channels of the result back to those of x. */
function backwards({ buffer, shape: [outputs, inputs] }: WebgpuOperand): Filters {
  return {
    weight: buffer,
    from: outputs,
    to: inputs,
    fromStep: 9 * inputs,
    toStep: 9,
    isRotated: true,
  };
}
