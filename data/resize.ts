/**
 * Resizing as Pillow's antialiased BICUBIC does it, bit for bit.
 *
 * The filter is separable: a horizontal pass, its result rounded to bytes, then a vertical pass.
 * When shrinking, the filter is stretched by the scale, so every input pixel counts. A pass whose
 * size does not change is left out. The weights are 22-bit fixed point, so that sums are exact and
 * their order does not matter; they fit 32 bits, and `Math.imul` keeps V8 from leaving them.
 *
 * Source: Keys, "Cubic convolution interpolation for digital image processing", 1981, with
 * a = -0.5; Pillow 9.4, libImaging/Resample.c.
 *
 * @module
 */

import { checkImage, type GrayImage, isPixelCount, type RgbImage } from "./image.ts";

const WEIGHT_BITS = 22;
const ONE_HALF = 1 << (WEIGHT_BITS - 1);
const SUPPORT = 2;

/**
 * Resizes a colour picture to `width` x `height` pixels.
 *
 * @throws {TypeError} if the bytes do not fit the picture's width and height.
 * @throws {RangeError} if the new width or height is no positive whole number.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { resizeRgb } from "./resize.ts";
 *
 * const redThenBlue = { width: 2, height: 1, data: new Uint8Array([255, 0, 0, 0, 0, 255]) };
 * deepEqual([...resizeRgb(redThenBlue, 1, 1).data], [128, 0, 128]);
 * ```
 */
export function resizeRgb(image: RgbImage, width: number, height: number): RgbImage {
  return resize(image, 3, width, height);
}

/**
 * Resizes a grey picture, such as a depth map, to `width` x `height` pixels.
 *
 * @throws {TypeError} if the bytes do not fit the picture's width and height.
 * @throws {RangeError} if the new width or height is no positive whole number.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { resizeGray } from "./resize.ts";
 *
 * const ramp = { width: 4, height: 1, data: new Uint8Array([0, 80, 160, 240]) };
 * deepEqual([...resizeGray(ramp, 2, 1).data], [47, 193]);
 * ```
 */
export function resizeGray(image: GrayImage, width: number, height: number): GrayImage {
  return resize(image, 1, width, height);
}

function resize(
  image: RgbImage | GrayImage,
  channels: 1 | 3,
  width: number,
  height: number,
): RgbImage | GrayImage {
  checkImage(image, channels, "resize");
  if (!isPixelCount(width) || !isPixelCount(height)) {
    throw new RangeError(
      `Cannot resize a ${image.width}x${image.height} image to ${width}x${height}: ` +
        `both sizes must be positive whole numbers`,
    );
  }
  let data = image.data;
  if (width !== image.width) {
    const filter = bicubicFilter(image.width, width);
    data = channels === 3
      ? resizeRgbRows(data, image.height, filter)
      : resizeGrayRows(data, image.height, filter);
  }
  if (height !== image.height) {
    data = resizeColumns(data, width * channels, bicubicFilter(image.height, height));
  }
  return { width, height, data: data === image.data ? data.slice() : data };
}

/** For each output position, which input positions it sums and with what weights. */
interface Filter {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Fixed point, `stride` apart. */
  readonly weights: Int32Array;
  readonly stride: number;
}

function bicubicFilter(inputSize: number, outputSize: number): Filter {
  const scale = inputSize / outputSize;
  const stretch = Math.max(scale, 1);
  const support = SUPPORT * stretch;
  const shrink = 1 / stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const exact = new Float64Array(stride);
  for (let out = 0; out < outputSize; out++) {
    const center = (out + 0.5) * scale;
    const start = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), inputSize);
    let sum = 0;
    for (let k = 0; k < end - start; k++) {
      exact[k] = bicubic((k + start - center + 0.5) * shrink);
      sum += exact[k];
    }
    for (let k = 0; k < end - start; k++) {
      const weight = (exact[k] / sum) * (1 << WEIGHT_BITS);
      weights[out * stride + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    first[out] = start;
    count[out] = end - start;
  }
  return { inputSize, outputSize, first, count, weights, stride };
}

function bicubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return -0.5 * (((x - 5) * x + 8) * x - 4);
  return 0;
}

function resizeGrayRows(input: Uint8Array, rows: number, filter: Filter): Uint8Array {
  const { inputSize, outputSize, first, count, weights, stride } = filter;
  const output = new Uint8Array(rows * outputSize);
  for (let row = 0; row < rows; row++) {
    for (let out = 0; out < outputSize; out++) {
      let i = row * inputSize + first[out];
      let sum = ONE_HALF;
      const end = out * stride + count[out];
      for (let w = out * stride; w < end; w++, i++) {
        sum = (sum + Math.imul(input[i], weights[w])) | 0;
      }
      output[row * outputSize + out] = toByte(sum);
    }
  }
  return output;
}

function resizeRgbRows(input: Uint8Array, rows: number, filter: Filter): Uint8Array {
  const { inputSize, outputSize, first, count, weights, stride } = filter;
  const output = new Uint8Array(rows * outputSize * 3);
  for (let row = 0, o = 0; row < rows; row++) {
    for (let out = 0; out < outputSize; out++, o += 3) {
      let i = (row * inputSize + first[out]) * 3;
      let red = ONE_HALF;
      let green = ONE_HALF;
      let blue = ONE_HALF;
      const end = out * stride + count[out];
      for (let w = out * stride; w < end; w++, i += 3) {
        const weight = weights[w];
        red = (red + Math.imul(input[i], weight)) | 0;
        green = (green + Math.imul(input[i + 1], weight)) | 0;
        blue = (blue + Math.imul(input[i + 2], weight)) | 0;
      }
      output[o] = toByte(red);
      output[o + 1] = toByte(green);
      output[o + 2] = toByte(blue);
    }
  }
  return output;
}

function resizeColumns(input: Uint8Array, rowBytes: number, filter: Filter): Uint8Array {
  const { outputSize, first, count, weights, stride } = filter;
  const output = new Uint8Array(outputSize * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let out = 0; out < outputSize; out++) {
    sums.fill(ONE_HALF);
    for (let k = 0; k < count[out]; k++) {
      const weight = weights[out * stride + k];
      const start = (first[out] + k) * rowBytes;
      for (let x = 0; x < rowBytes; x++) sums[x] += Math.imul(input[start + x], weight);
    }
    for (let x = 0; x < rowBytes; x++) output[out * rowBytes + x] = toByte(sums[x]);
  }
  return output;
}

function toByte(sum: number): number {
  return Math.min(Math.max(sum >> WEIGHT_BITS, 0), 255);
}
