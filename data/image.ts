/**
 * The two kinds of picture that the data layer passes around: bytes in rows, top row first.
 *
 * @module
 */

/** A colour picture: rows of interleaved R, G, B, three bytes a pixel, 0 to 255. */
export interface RgbImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** `width * height * 3` bytes. */
  readonly data: Uint8Array;
}

/** A grey picture, such as a depth map: rows of one byte a pixel, 0 to 255. */
export interface GrayImage {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /** `width * height` bytes. */
  readonly data: Uint8Array;
}

/**
 * Throws unless `data` holds exactly `channels` bytes for each pixel.
 *
 * `action` begins the message, as in "convert to HSV".
 *
 * @throws {TypeError} if width or height is no positive whole number, or the bytes do not fit.
 * @example
 * ```ts
 * import { throws } from "node:assert/strict";
 * import { checkImage } from "./image.ts";
 *
 * const grey = { width: 2, height: 2, data: new Uint8Array(4) };
 * checkImage(grey, 1, "resize");
 * throws(() => checkImage(grey, 3, "resize"), /wants 12 bytes, got 4/);
 * ```
 */
export function checkImage(image: RgbImage | GrayImage, channels: 1 | 3, action: string): void {
  const { width, height, data } = image;
  if (!isPixelCount(width) || !isPixelCount(height)) {
    throw new TypeError(
      `Cannot ${action}: width and height must be positive whole numbers, got ${width} and ${height}`,
    );
  }
  const wanted = width * height * channels;
  if (!(data instanceof Uint8Array) || data.length !== wanted) {
    const got = data instanceof Uint8Array ? data.length : typeof data;
    throw new TypeError(
      `Cannot ${action}: a ${width}x${height} image of ${channels} bytes a pixel wants ${wanted} ` +
        `bytes, got ${got}`,
    );
  }
}

/** Whether `value` can be a width or a height. */
export function isPixelCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
