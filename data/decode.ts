/**
 * Any picture file that is read, JPEG, PNG or BMP, to RGB bytes.
 *
 * The pixels are those of Pillow's `Image.open(…).convert("RGB")`; orientation, gamma and alpha are
 * ignored as there. More is refused than there: damaged data for which Pillow makes up pixels, and
 * kinds that no face dataset uses (CMYK, run-length compressed BMP, TIFF, GIF, WebP). `jpeg.ts` names
 * the two rare kinds of JPEG that come out slightly different.
 *
 * @module
 */

import { decodeBmp } from "./bmp.ts";
import type { RgbImage } from "./image.ts";
import { checkImageSize, readImageHeader } from "./image_header.ts";
import { decodeJpeg } from "./jpeg.ts";
import { decodePng } from "./png.ts";

/**
 * Decodes a picture file; its kind is told from its bytes, not from its name.
 *
 * `name` stands for the picture in error messages.
 *
 * @throws {TypeError} if `bytes` is no Uint8Array.
 * @throws {RangeError} if the header announces more pixels than `MAX_PIXELS`.
 * @throws {Error} if the bytes are of another kind, cut short or damaged.
 * @example
 * ```ts
 * import { deepEqual, rejects } from "node:assert/strict";
 * import { decodeImage } from "./decode.ts";
 * import { encodeJpeg } from "./jpeg.ts";
 *
 * const black = { width: 4, height: 2, data: new Uint8Array(4 * 2 * 3) };
 * const file = await encodeJpeg(black, { quality: 90 });
 * deepEqual(await decodeImage(file, "black.jpg"), black);
 * await rejects(decodeImage(file.subarray(0, -9), "cut.jpg"), /Cannot decode cut.jpg: .*cut short/);
 * ```
 */
export async function decodeImage(bytes: Uint8Array, name = "the image"): Promise<RgbImage> {
  const header = readImageHeader(bytes, name);
  checkImageSize(header, name);
  if (header.format === "jpeg") return await decodeJpeg(bytes, name);
  try {
    return header.format === "png" ? decodePng(bytes, header) : decodeBmp(bytes, header);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot decode ${name}: ${reason}`, { cause: error });
  }
}
