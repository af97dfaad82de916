/**
 * Pictures in floating point: light before a camera turns it into bytes.
 *
 * @module
 */

import type { Rgb } from "./colour.ts";

/** Rows of interleaved R, G, B; radiance, 0 is black and a white surface in full light is 1. */
export interface FloatImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export function floatImage(width: number, height: number): FloatImage {
  return { width, height, data: new Float32Array(width * height * 3) };
}

/** Writes a pixel, counted in rows from the top left. */
export function setPixel(image: FloatImage, pixel: number, colour: Rgb): void {
  image.data[3 * pixel] = colour[0];
  image.data[3 * pixel + 1] = colour[1];
  image.data[3 * pixel + 2] = colour[2];
}

/** Resizes; each output pixel is a Gaussian around it, sigma in output pixels. */
export function resampleGaussian(
  image: FloatImage,
  width: number,
  height: number,
  sigma: number,
): FloatImage {
  return filter(
    image,
    width,
    height,
    (distance) => Math.exp(-0.5 * (distance / sigma) ** 2),
    2.5 * sigma,
  );
}

/** Resizes with a triangle, widened when it shrinks so that nothing aliases. */
export function resample(image: FloatImage, width: number, height: number): FloatImage {
  if (width === image.width && height === image.height) return image;
  const reach = Math.max(1, width / image.width);
  return filter(image, width, height, (distance) => 1 - Math.abs(distance) / reach, reach);
}

/** How much a pixel at a distance counts, in output pixels. */
type Kernel = (distance: number) => number;

function filter(
  image: FloatImage,
  width: number,
  height: number,
  kernel: Kernel,
  support: number,
): FloatImage {
  const along = (from: number, to: number) => (position: number) => {
    const scale = from / to;
    const centre = (position + 0.5) * scale - 0.5;
    const first = Math.ceil(centre - support * scale);
    const last = Math.floor(centre + support * scale);
    const taps: number[] = [];
    for (let i = first; i <= last; i++) taps.push(kernel((i - centre) / scale));
    const total = taps.reduce((sum, tap) => sum + tap, 0);
    return { first, taps: taps.map((tap) => tap / total) };
  };
  const rowsDone = filterRows(image, width, along(image.width, width));
  return filterRows(rowsDone, height, along(image.height, height));
}

/** What an output pixel is made of: so much of each input pixel from `first` on. */
interface Weights {
  readonly first: number;
  readonly taps: readonly number[];
}

/** Filters along each row and transposes, so that two calls filter both ways. */
function filterRows(
  image: FloatImage,
  outputWidth: number,
  weightsAt: (position: number) => Weights,
): FloatImage {
  const { width, height, data } = image;
  const result = floatImage(height, outputWidth);
  for (let x = 0; x < outputWidth; x++) {
    const { first, taps } = weightsAt(x);
    const sources = taps.map((_, i) => 3 * Math.min(Math.max(first + i, 0), width - 1));
    for (let y = 0; y < height; y++) {
      const row = 3 * y * width;
      let red = 0, green = 0, blue = 0;
      for (let i = 0; i < taps.length; i++) {
        const source = row + sources[i];
        red += taps[i] * data[source];
        green += taps[i] * data[source + 1];
        blue += taps[i] * data[source + 2];
      }
      const target = 3 * (x * height + y);
      result.data[target] = red;
      result.data[target + 1] = green;
      result.data[target + 2] = blue;
    }
  }
  return result;
}

/** Reads colour between pixels (bilinear); beyond the edge the edge pixels repeat. */
export function sampleInto(image: FloatImage, x: number, y: number, out: Float32Array): void {
  const { width, height, data } = image;
  const clampedX = Math.min(Math.max(x, 0), width - 1);
  const clampedY = Math.min(Math.max(y, 0), height - 1);
  const left = Math.min(Math.floor(clampedX), width - 2);
  const top = Math.min(Math.floor(clampedY), height - 2);
  const right = clampedX - left;
  const down = clampedY - top;
  for (let channel = 0; channel < 3; channel++) {
    const at = 3 * (top * width + left) + channel;
    const above = data[at] * (1 - right) + data[at + 3] * right;
    const below = data[at + 3 * width] * (1 - right) + data[at + 3 * width + 3] * right;
    out[channel] = above * (1 - down) + below * down;
  }
}
