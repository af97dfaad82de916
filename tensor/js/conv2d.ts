/**
 * Two-dimensional cross-correlation and its two transposes.
 *
 * All three are matrix products over windows of a padded image, which are read in place: one grid
 * of positions says where the windows begin, another where in a window each tap of a filter looks.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { type Geometry, type Shape, sizeOf } from "../shape.ts";
import { type Both, PaddedImages } from "./padded_images.ts";
import { addProduct, fillLeft, leftMatrix } from "./product.ts";

export function conv2d(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  { stride, padding, dilation }: Geometry,
  shape: Shape,
  bias?: Operand<HostArray>,
): HostArray {
  const [O, C, kH, kW] = weight.shape;
  const [N, , oH, oW] = shape;
  const images = padded(x, padding);
  const taps = images.grid(C, [kH, kW], dilation);
  const windows = images.grid(1, [oH, oW], stride);
  const filters = leftMatrix(O, taps.length);
  fillLeft(filters, weight.buffer, 0);
  const out = hostArray(x.dtype, sizeOf(shape));
  if (bias !== undefined) fillPlanes(out, bias.buffer, oH * oW);
  for (let n = 0; n < N; n++) {
    addProduct(filters, images.load(n), taps, windows, out, n * O * oH * oW);
  }
  return out;
}

/** Correlates g, its pixels spread apart by the stride, with the filters turned by half a circle. */
export function conv2dInput(
  g: Operand<HostArray>,
  weight: Operand<HostArray>,
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [O, C, kH, kW] = weight.shape;
  const [N, , H, W] = shape;
  const reach: Both = [dilation[0] * (kH - 1), dilation[1] * (kW - 1)];
  const start: Both = [reach[0] - padding[0], reach[1] - padding[1]];
  const images = new PaddedImages(g, [H + reach[0], W + reach[1]], start, stride);
  const taps = images.grid(O, [kH, kW], dilation);
  const windows = images.grid(1, [H, W], [1, 1]);
  const filters = leftMatrix(C, taps.length);
  fillLeft(filters, turned(weight), 0);
  const out = hostArray(g.dtype, sizeOf(shape));
  for (let n = 0; n < N; n++) {
    addProduct(filters, images.load(n), taps, windows, out, n * C * H * W);
  }
  return out;
}

/** The product of conv2d with windows and taps in each other's place, summed over the batch. */
export function conv2dWeight(
  x: Operand<HostArray>,
  g: Operand<HostArray>,
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [, C, kH, kW] = shape;
  const [N, O, oH, oW] = g.shape;
  const images = padded(x, padding);
  const taps = images.grid(C, [kH, kW], dilation);
  const windows = images.grid(1, [oH, oW], stride);
  const gradients = leftMatrix(O, windows.length);
  const sums = new Float64Array(sizeOf(shape));
  for (let n = 0; n < N; n++) {
    fillLeft(gradients, g.buffer, n * O * oH * oW);
    addProduct(gradients, images.load(n), windows, taps, sums, 0);
  }
  const out = hostArray(x.dtype, sums.length);
  out.set(sums);
  return out;
}

/** Sets every element of plane `i` of the batch to the bias of its channel. */
function fillPlanes(out: HostArray, bias: HostArray, area: number): void {
  for (let start = 0, i = 0; start < out.length; start += area, i++) {
    out.fill(bias[i % bias.length], start, start + area);
  }
}

function padded(x: Operand<HostArray>, padding: Both): PaddedImages {
  const [, , H, W] = x.shape;
  return new PaddedImages(x, [H + 2 * padding[0], W + 2 * padding[1]], padding);
}

/** Filters [O,C,kH,kW] as [C,O,kH,kW], upside down and back to front. */
function turned(weight: Operand<HostArray>): HostArray {
  const [O, C, kH, kW] = weight.shape;
  const area = kH * kW;
  const out = hostArray(weight.dtype, weight.buffer.length);
  for (let o = 0; o < O; o++) {
    for (let c = 0; c < C; c++) {
      for (let tap = 0; tap < area; tap++) {
        out[(c * O + o) * area + tap] = weight.buffer[(o * C + c + 1) * area - 1 - tap];
      }
    }
  }
  return out;
}
