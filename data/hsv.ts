/**
 * RGB to HSV as Pillow's `convert("HSV")` computes it, rounding for rounding.
 *
 * The networks were designed on Pillow's bytes, so its arithmetic is part of the input: quotients
 * in float32, their sums in float64 and rounded once, and truncation at the end.
 *
 * @module
 */

import { checkImage, type RgbImage } from "./image.ts";

/**
 * Converts a picture to hue, saturation and value.
 *
 * Result: rows of interleaved H, S, V, three bytes a pixel, 0 to 255 each (a hue of 255 would be
 * 360 degrees; a grey pixel has hue and saturation 0).
 *
 * @throws {TypeError} if the bytes do not fit width and height.
 * Source: Pillow 9.4, rgb2hsv in libImaging/Convert.c, after Smith, "Color gamut transform pairs",
 * SIGGRAPH 1978.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { rgbToHsv } from "./hsv.ts";
 *
 * const blueThenGrey = { width: 2, height: 1, data: new Uint8Array([0, 0, 255, 90, 90, 90]) };
 * deepEqual([...rgbToHsv(blueThenGrey)], [170, 255, 255, 0, 0, 90]);
 * ```
 */
export function rgbToHsv(image: RgbImage): Uint8Array {
  checkImage(image, 3, "convert to HSV");
  const rgb = image.data;
  const hsv = new Uint8Array(rgb.length);
  for (let i = 0; i < rgb.length; i += 3) {
    const red = rgb[i];
    const green = rgb[i + 1];
    const blue = rgb[i + 2];
    const max = Math.max(red, green, blue);
    const chroma = max - Math.min(red, green, blue);
    if (chroma > 0) {
      hsv[i] = hue(red, green, blue, max, chroma) * 255;
      hsv[i + 1] = chroma / max * 255;
    }
    hsv[i + 2] = max;
  }
  return hsv;
}

/** The hue as a fraction of the circle, in [0, 1); `chroma` is not zero. */
function hue(red: number, green: number, blue: number, max: number, chroma: number): number {
  const fromRed = Math.fround((max - red) / chroma);
  const fromGreen = Math.fround((max - green) / chroma);
  const fromBlue = Math.fround((max - blue) / chroma);
  let sixths: number;
  if (red === max) sixths = Math.fround(fromBlue - fromGreen);
  else if (green === max) sixths = Math.fround(2 + fromRed - fromBlue);
  else sixths = Math.fround(4 + fromGreen - fromRed);
  const turns = sixths / 6 + 1;
  return Math.fround(turns >= 1 ? turns - 1 : turns);
}
