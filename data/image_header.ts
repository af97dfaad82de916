/**
 * What a picture file says of itself before any pixel is decoded: its format and size.
 *
 * This is what lets a whole dataset be checked quickly, and what stops a file that claims an absurd
 * size before a decoder believes it.
 *
 * @module
 */

/** A picture's format and its size in pixels. */
export interface ImageHeader {
  /** Told from the first bytes, not from the file's name. */
  readonly format: "jpeg" | "png" | "bmp";
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
}

/** The most pixels that are decoded unless one asks for more: 8192 by 8192. */
export const MAX_PIXELS = 2 ** 26;

/**
 * Reads a picture's format and size; `bytes` may be the beginning of the file if it reaches that
 * far (a JPEG's size can stand late).
 *
 * `name` stands for the picture in error messages.
 *
 * @throws {TypeError} if `bytes` is no Uint8Array.
 * @throws {Error} if the format is unknown, the bytes end before the size, the size is zero, or it
 * is a JPEG of neither one nor three components (CMYK).
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { readImageHeader } from "./image_header.ts";
 *
 * const png = Uint8Array.from([137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82,
 *   0, 0, 0, 4, 0, 0, 0, 3]);
 * deepEqual(readImageHeader(png), { format: "png", width: 4, height: 3 });
 * ```
 */
export function readImageHeader(bytes: Uint8Array, name = "the image"): ImageHeader {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`Cannot read ${name}: its bytes must be a Uint8Array, got ${typeof bytes}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: ImageHeader;
  try {
    header = readByFormat(view);
  } catch (error) {
    // A DataView throws this where it is asked for bytes beyond its end.
    const reason = error instanceof RangeError
      ? `the file ends inside its header, after ${bytes.length} bytes`
      : error instanceof Error
      ? error.message
      : String(error);
    throw new Error(`Cannot read ${name}: ${reason}`, { cause: error });
  }
  if (header.width === 0 || header.height === 0) {
    throw new Error(
      `Cannot read ${name}: its ${header.format} header gives the size ${header.width}x` +
        `${header.height}, which has no pixels`,
    );
  }
  return header;
}

/**
 * Throws if a picture has more pixels than may be decoded.
 *
 * @throws {RangeError} if it has.
 * @example
 * ```ts
 * import { throws } from "node:assert/strict";
 * import { checkImageSize } from "./image_header.ts";
 *
 * throws(() => checkImageSize({ format: "jpeg", width: 65535, height: 65535 }), RangeError);
 * ```
 */
export function checkImageSize(
  { width, height }: ImageHeader,
  name = "the image",
  maxPixels = MAX_PIXELS,
): void {
  if (width * height > maxPixels) {
    throw new RangeError(
      `Cannot decode ${name}: its header announces ${width}x${height} pixels, more than the ` +
        `${maxPixels} allowed; if the file is sound, make the picture smaller`,
    );
  }
}

function readByFormat(view: DataView): ImageHeader {
  if (view.byteLength === 0) throw new Error("the file is empty");
  if (startsWith(view, [0xff, 0xd8])) return readJpegHeader(view);
  if (startsWith(view, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) {
    return readPngHeader(view);
  }
  if (startsWith(view, [0x42, 0x4d])) return readBmpHeader(view);
  throw new Error(`it is neither JPEG, PNG nor BMP: it begins with ${beginning(view)}`);
}

function startsWith(view: DataView, signature: number[]): boolean {
  return signature.every((byte, i) => i < view.byteLength && view.getUint8(i) === byte);
}

function beginning(view: DataView): string {
  const first = [...new Uint8Array(view.buffer, view.byteOffset, Math.min(view.byteLength, 8))];
  const isText = first.every((byte) => byte === 9 || byte === 10 || byte >= 32 && byte < 127);
  return isText
    ? JSON.stringify(String.fromCharCode(...first))
    : `the bytes ${first.map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}

/** Walks the segments up to the frame header (ITU-T T.81, B.2.2), which holds the size. */
function readJpegHeader(view: DataView): ImageHeader {
  const [START_OF_SCAN, END_OF_IMAGE] = [0xda, 0xd9];
  for (let offset = 2;;) {
    while (view.getUint8(offset) !== 0xff) offset++;
    while (view.getUint8(offset) === 0xff) offset++;
    const marker = view.getUint8(offset++);
    if (isFrameHeader(marker)) {
      const [height, width] = [view.getUint16(offset + 3), view.getUint16(offset + 5)];
      const components = view.getUint8(offset + 7);
      if (components !== 1 && components !== 3) {
        throw new Error(
          `it is a JPEG of ${components} components (4 are CMYK); only grey and colour of 3 ` +
            `components are read: save it as RGB`,
        );
      }
      return { format: "jpeg", width, height };
    }
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) {
      throw new Error("its JPEG data do not say its size before the pixels begin");
    }
    if (!standsAlone(marker)) offset += view.getUint16(offset);
  }
}

function isFrameHeader(marker: number): boolean {
  const [HUFFMAN_TABLES, EXTENSION, ARITHMETIC_TABLES] = [0xc4, 0xc8, 0xcc];
  return marker >= 0xc0 && marker <= 0xcf && marker !== HUFFMAN_TABLES &&
    marker !== EXTENSION && marker !== ARITHMETIC_TABLES;
}

/** Whether a marker has no segment after it: a stuffed zero, TEM, a restart, a start of image. */
function standsAlone(marker: number): boolean {
  return marker <= 0x01 || marker >= 0xd0 && marker <= 0xd8;
}

function readPngHeader(view: DataView): ImageHeader {
  const IHDR = 0x49484452;
  if (view.getUint32(12) !== IHDR) throw new Error("its first PNG chunk is not IHDR");
  return { format: "png", width: view.getUint32(16), height: view.getUint32(20) };
}

function readBmpHeader(view: DataView): ImageHeader {
  const OS2_HEADER = 12;
  const headerBytes = view.getUint32(14, true);
  if (headerBytes === OS2_HEADER) {
    return { format: "bmp", width: view.getUint16(18, true), height: view.getUint16(20, true) };
  }
  if (headerBytes < 40 || headerBytes > 124) {
    throw new Error(`its BMP header claims ${headerBytes} bytes; 12 or 40 to 124 were expected`);
  }
  const width = view.getInt32(18, true);
  if (width < 0) throw new Error(`its BMP header gives the width ${width}`);
  // A negative height says that the top row comes first.
  return { format: "bmp", width, height: Math.abs(view.getInt32(22, true)) };
}
