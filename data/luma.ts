/**
 * RGB to grey as Pillow's `convert("L")` computes it.
 *
 * @module
 */

import { checkImage, type GrayImage, type RgbImage } from "./image.ts";

/**
 * Converts a picture to its luma, one byte a pixel, 0 to 255.
 *
 * @throws {TypeError} if the bytes do not fit width and height.
 * Source: ITU-R BT.601, Y = 0.299 R + 0.587 G + 0.114 B, in Pillow's 16-bit fixed point.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { rgbToLuma } from "./luma.ts";
 *
 * const redThenWhite = { width: 2, height: 1, data: new Uint8Array([255, 0, 0, 255, 255, 255]) };
 * deepEqual([...rgbToLuma(redThenWhite).data], [76, 255]);
 * ```
 */
export function rgbToLuma(image: RgbImage): GrayImage {
  checkImage(image, 3, "convert to luma");
  const { width, height, data: rgb } = image;
  const luma = new Uint8Array(width * height);
  for (let pixel = 0, i = 0; pixel < luma.length; pixel++, i += 3) {
    luma[pixel] = (19595 * rgb[i] + 38470 * rgb[i + 1] + 7471 * rgb[i + 2] + 0x8000) >> 16;
  }
  return { width, height, data: luma };
}
