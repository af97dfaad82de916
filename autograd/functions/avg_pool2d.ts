/**
 * Average pooling. Windows that tile the image are axes of a reshaped one, to take the mean over.
 * Any others are two products with matrices whose rows are the windows, for the mean over a window is
 * linear and separable: rows · x · columnsᵀ.
 *
 * @module
 */

import { tensor } from "../../tensor/creation.ts";
import { checkFloat } from "../../tensor/launch.ts";
import { formatShape, type GeometryOptions, type Pair, pair } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape } from "../ops/reshape.ts";
import { imageSize, poolGeometry } from "../pool_geometry.ts";
import { mean } from "./mean.ts";
import { transpose } from "./transpose.ts";

/**
 * The mean of each window of an image; padding counts as zeros, as in PyTorch.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW], sized as for a convolution; the stride is the kernel's size
 * unless told.
 *
 * @throws {TypeError} if x is not [N,C,H,W].
 * @throws {RangeError} if padding is more than half the kernel, the window does not fit, or dilation
 * is not 1.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { avgPool2d, tensor } from "../../mod.ts";
 *
 * deepEqual([...avgPool2d(tensor([[[[1, 2], [4, 5]]]]), 2).dataSync()], [3]);
 * ```
 */
export function avgPool2d(x: Tensor, kernel: Pair, options: GeometryOptions = {}): Tensor {
  const { window, slide, out } = poolGeometry(x, kernel, options);
  if (slide.dilation.some((dilation) => dilation !== 1)) {
    throw new RangeError(
      `Cannot avgPool2d with dilation ${formatShape(slide.dilation)}: it must be 1`,
    );
  }
  const windows = (i: 0 | 1) =>
    Array.from({ length: out[i] }, (_, o): Window => {
      const start = o * slide.stride[i] - slide.padding[i];
      return { start, end: start + window[i] };
    });
  return averageWindows(x, windows(0), windows(1));
}

/**
 * The mean of windows that divide an image as evenly as can be: window i of n runs from ⌊i·H/n⌋ up
 * to, not including, ⌈(i + 1)·H/n⌉.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW].
 *
 * @throws {TypeError} if x is not [N,C,H,W].
 * @throws {RangeError} if the image or the output is empty.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { adaptiveAvgPool2d, tensor } from "../../mod.ts";
 *
 * deepEqual([...adaptiveAvgPool2d(tensor([[[[1, 2, 3]]]]), [1, 2]).dataSync()], [1.5, 2.5]);
 * ```
 */
export function adaptiveAvgPool2d(x: Tensor, size: Pair): Tensor {
  const from = imageSize(x);
  const to = pair(size);
  if (![...from, ...to].every((length) => Number.isInteger(length) && length > 0)) {
    throw new RangeError(
      `Cannot adaptiveAvgPool2d ${formatShape(x.shape)} to ${formatShape(to)}: ` +
        `both must have whole sizes from 1 up`,
    );
  }
  const windows = (i: 0 | 1) =>
    Array.from({ length: to[i] }, (_, o): Window => ({
      start: Math.floor(o * from[i] / to[i]),
      end: Math.ceil((o + 1) * from[i] / to[i]),
    }));
  return averageWindows(x, windows(0), windows(1));
}

/** Pixels `start` up to, not including, `end`; those outside of the image are zeros. */
interface Window {
  readonly start: number;
  readonly end: number;
}

function averageWindows(x: Tensor, rows: readonly Window[], columns: readonly Window[]): Tensor {
  checkFloat("average", x);
  const [height, width] = imageSize(x);
  if (tile(rows, height) && tile(columns, width)) {
    return averageTiles(x, rows.length, columns.length);
  }
  const down = matmul(averages(rows, height, x), x);
  return matmul(down, transpose(averages(columns, width, x)));
}

/** True if windows of one size follow each other without a gap, from the first pixel to the last. */
function tile(windows: readonly Window[], length: number): boolean {
  const size = length / windows.length;
  return windows.every(({ start, end }, i) => start === i * size && end === start + size);
}

function averageTiles(x: Tensor, rows: number, columns: number): Tensor {
  const [batch, channels, height, width] = x.shape;
  const tiles = reshape(x, [batch, channels, rows, height / rows, columns, width / columns]);
  return mean(tiles, [3, 5]);
}

/** The matrix whose row i averages window i of `length` pixels. */
function averages(windows: readonly Window[], length: number, like: Tensor): Tensor {
  const matrix = new Float64Array(windows.length * length);
  windows.forEach(({ start, end }, row) => {
    const from = row * length;
    matrix.fill(1 / (end - start), from + Math.max(start, 0), from + Math.min(end, length));
  });
  return tensor(matrix, [windows.length, length], { dtype: like.dtype, device: like.device });
}
