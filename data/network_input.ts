/**
 * From an image file to what the networks see: six planes, RGB and HSV, and a small depth map.
 *
 * @module
 */

import { decodeImage } from "./decode.ts";
import { rgbToHsv } from "./hsv.ts";
import { rgbToLuma } from "./luma.ts";
import { resizeGray, resizeRgb } from "./resize.ts";

/** Planes of the network's input: R, G, B, H, S, V. */
export const INPUT_CHANNELS = 6;

/** A depth map's side is the image's side divided by this. */
export const DEPTH_SHRINK = 8;

/**
 * Decodes an image file to the networks' input, as bytes.
 *
 * An image of another size is resized by Pillow's antialiased bicubic, as RGB, before HSV is taken.
 *
 * @param name the file's name, for messages.
 * @returns shape `[6, imageSize, imageSize]`: R, G, B, H, S, V, 0 to 255 each.
 * @throws {RangeError} if the image size is not a multiple of 8.
 * @throws {Error} if the file cannot be decoded.
 */
export async function networkInput(
  bytes: Uint8Array,
  name: string,
  imageSize: number,
): Promise<Uint8Array> {
  checkImageSide(imageSize);
  let image = await decodeImage(bytes, name);
  if (image.width !== imageSize || image.height !== imageSize) {
    image = resizeRgb(image, imageSize, imageSize);
  }
  const planes = new Uint8Array(INPUT_CHANNELS * imageSize * imageSize);
  separate(image.data, planes.subarray(0, planes.length / 2));
  separate(rgbToHsv(image), planes.subarray(planes.length / 2));
  return planes;
}

/**
 * Decodes a depth map to the depth head's target, as bytes: grey, resized by the same bicubic.
 *
 * @param name the file's name, for messages.
 * @returns shape `[1, imageSize / 8, imageSize / 8]`, 0 (far, or a spoof) to 255.
 * @throws {RangeError} if the image size is not a multiple of 8.
 * @throws {Error} if the file cannot be decoded.
 */
export async function networkDepth(
  bytes: Uint8Array,
  name: string,
  imageSize: number,
): Promise<Uint8Array> {
  checkImageSide(imageSize);
  const side = imageSize / DEPTH_SHRINK;
  const depth = rgbToLuma(await decodeImage(bytes, name));
  return depth.width === side && depth.height === side
    ? depth.data
    : resizeGray(depth, side, side).data;
}

/**
 * Bytes 0 to 255 as numbers 0 to 1, with the same rounding as PyTorch's `ToTensor`.
 *
 * @param out where the numbers go, as many as there are bytes; a new array if it is not given.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { unitFloats } from "./network_input.ts";
 *
 * deepEqual([...unitFloats(Uint8Array.of(0, 51, 255))], [0, Math.fround(0.2), 1]);
 * ```
 */
export function unitFloats(
  bytes: Uint8Array,
  out: Float32Array = new Float32Array(bytes.length),
): Float32Array {
  for (let i = 0; i < bytes.length; i++) out[i] = UNIT[bytes[i]];
  return out;
}

const UNIT = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

/** @throws {RangeError} if the networks cannot take images of that side. */
export function checkImageSide(imageSize: number): void {
  if (!Number.isInteger(imageSize) || imageSize < DEPTH_SHRINK || imageSize % DEPTH_SHRINK !== 0) {
    throw new RangeError(
      `Cannot make network inputs of side ${imageSize}: the image size must be a multiple of ` +
        `${DEPTH_SHRINK}`,
    );
  }
}

function separate(interleaved: Uint8Array, planes: Uint8Array): void {
  const pixels = interleaved.length / 3;
  for (let i = 0, from = 0; i < pixels; i++, from += 3) {
    planes[i] = interleaved[from];
    planes[pixels + i] = interleaved[from + 1];
    planes[2 * pixels + i] = interleaved[from + 2];
  }
}
