/**
 * Two-dimensional cross-correlation and its two transposes.
 *
 * All three are matrix products over windows of a padded image, read in place through a table of
 * taps (where in the image each weight of a filter looks) and one of windows (where each begins).
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { type Geometry, type Shape, sizeOf } from "../shape.ts";
import { addProduct, fillLeft, leftMatrix } from "./product.ts";

export function conv2d(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [N, O, oH, oW] = shape;
  const [, C, kH, kW] = weight.shape;
  const out = hostArray(x.dtype, sizeOf(shape));
  const image = paddedImage(x, [1, 1], padding, [
    x.shape[2] + 2 * padding[0],
    x.shape[3] + 2 * padding[1],
  ]);
  const filters = leftMatrix(O, C * kH * kW);
  fillLeft(filters, weight.buffer, 0, C * kH * kW, 1);
  const taps = image.positions(C, [kH, kW], dilation);
  const windows = image.positions(1, [oH, oW], stride);
  for (let n = 0; n < N; n++) {
    addProduct(filters, image.load(n), taps, windows, out, n * O * oH * oW);
  }
  return out;
}

/**
 * A convolution again: with each filter turned by half a circle, over g whose pixels are spread
 * apart by the stride.
 */
export function conv2dInput(
  g: Operand<HostArray>,
  weight: Operand<HostArray>,
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [N, C, H, W] = shape;
  const [O, , kH, kW] = weight.shape;
  const out = hostArray(g.dtype, sizeOf(shape));
  const reach = [dilation[0] * (kH - 1), dilation[1] * (kW - 1)] as const;
  const image = paddedImage(g, stride, [reach[0] - padding[0], reach[1] - padding[1]], [
    H + reach[0],
    W + reach[1],
  ]);
  const filters = leftMatrix(C, O * kH * kW);
  fillLeft(filters, turned(weight), 0, O * kH * kW, 1);
  const taps = image.positions(O, [kH, kW], dilation);
  const windows = image.positions(1, [H, W], [1, 1]);
  for (let n = 0; n < N; n++) {
    addProduct(filters, image.load(n), taps, windows, out, n * C * H * W);
  }
  return out;
}

/** The product of conv2d with taps and windows in each other's place, summed over the batch. */
export function conv2dWeight(
  x: Operand<HostArray>,
  g: Operand<HostArray>,
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [N, O, oH, oW] = g.shape;
  const [, C, kH, kW] = shape;
  const sums = new Float64Array(sizeOf(shape));
  const image = paddedImage(x, [1, 1], padding, [
    x.shape[2] + 2 * padding[0],
    x.shape[3] + 2 * padding[1],
  ]);
  const gradients = leftMatrix(O, oH * oW);
  const taps = image.positions(C, [kH, kW], dilation);
  const windows = image.positions(1, [oH, oW], stride);
  for (let n = 0; n < N; n++) {
    fillLeft(gradients, g.buffer, n * O * oH * oW, oH * oW, 1);
    addProduct(gradients, image.load(n), windows, taps, sums, 0);
  }
  const out = hostArray(x.dtype, sums.length);
  out.set(sums);
  return out;
}

/** One image of a batch at a time, in zeros of size `padded`, its pixels `spread` apart. */
function paddedImage(
  x: Operand<HostArray>,
  spread: readonly [number, number],
  start: readonly [number, number],
  padded: readonly [number, number],
) {
  const [, C, H, W] = x.shape;
  const [pH, pW] = padded;
  const pixels = new Float64Array(C * pH * pW);
  const firstColumn = Math.max(0, Math.ceil(-start[1] / spread[1]));
  const endColumn = Math.min(W, Math.ceil((pW - start[1]) / spread[1]));
  return {
    load(n: number): Float64Array {
      for (let c = 0; c < C; c++) {
        for (let h = 0; h < H; h++) {
          const row = h * spread[0] + start[0];
          if (row < 0 || row >= pH) continue;
          const to = (c * pH + row) * pW + start[1];
          const from = ((n * C + c) * H + h) * W;
          for (let w = firstColumn; w < endColumn; w++) {
            pixels[to + w * spread[1]] = x.buffer[from + w];
          }
        }
      }
      return pixels;
    },
    positions(
      channels: number,
      [height, width]: readonly [number, number],
      step: readonly [number, number],
    ): Int32Array {
      const table = new Int32Array(channels * height * width);
      let i = 0;
      for (let c = 0; c < channels; c++) {
        for (let h = 0; h < height; h++) {
          for (let w = 0; w < width; w++) {
            table[i++] = (c * pH + h * step[0]) * pW + w * step[1];
          }
        }
      }
      return table;
    },
  };
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
