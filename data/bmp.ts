/**
 * BMP bytes to pixels, as Pillow's `convert("RGB")` gives them.
 *
 * Read are 1, 4 and 8 bits with a palette and 16, 24 and 32 bits with or without bit masks, from
 * the bottom row up or from the top down, under OS/2 and Windows headers. Alpha is ignored.
 * Run-length compressed files are refused. Our own, because the libraries at hand ignore palettes.
 *
 * Source: Microsoft, BITMAPINFOHEADER, BITMAPV5HEADER.
 *
 * @module
 */

import type { RgbImage } from "./image.ts";
import type { ImageHeader } from "./image_header.ts";

const BI_RGB = 0;
const BI_BITFIELDS = 3;
const BI_ALPHABITFIELDS = 6;
const FILE_HEADER_BYTES = 14;
const MASKS_OFFSET = 54;

interface Bmp {
  readonly view: DataView;
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly pixelsOffset: number;
  readonly rowBytes: number;
  readonly topDown: boolean;
}

/**
 * Decodes a BMP whose header has been read and found small enough.
 *
 * @throws {Error} with the reason alone, if the file is cut short, damaged or of a kind not read.
 */
export function decodeBmp(bytes: Uint8Array, { width, height }: ImageHeader): RgbImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint32(14, true);
  if (FILE_HEADER_BYTES + headerBytes > bytes.length) {
    throw new Error("the file is cut short inside its header");
  }
  const isOs2 = headerBytes === 12;
  const bitsPerPixel = view.getUint16(isOs2 ? 24 : 28, true);
  const compression = isOs2 ? BI_RGB : view.getUint32(30, true);
  const hasMasks = compression === BI_BITFIELDS || compression === BI_ALPHABITFIELDS;
  if (compression !== BI_RGB && !hasMasks) {
    throw new Error(
      `BMP compression ${compression} is not read (run lengths, say); save it uncompressed`,
    );
  }
  const bmp: Bmp = {
    view,
    width,
    height,
    bitsPerPixel,
    pixelsOffset: view.getUint32(10, true),
    rowBytes: Math.ceil(width * bitsPerPixel / 32) * 4,
    topDown: !isOs2 && view.getInt32(22, true) < 0,
  };
  // Some writers leave out the padding of the last row.
  const pixelBytes = bmp.rowBytes * (height - 1) + Math.ceil(width * bitsPerPixel / 8);
  if (bmp.pixelsOffset + pixelBytes > bytes.length) {
    throw new Error(
      `the file is cut short: its pixels need ${pixelBytes} bytes from ${bmp.pixelsOffset} on, ` +
        `the file has ${bytes.length} bytes`,
    );
  }
  if ([1, 4, 8].includes(bitsPerPixel)) {
    const count = (isOs2 ? 0 : view.getUint32(46, true)) || 1 << bitsPerPixel;
    return decodeIndexed(bmp, readPalette(bmp, FILE_HEADER_BYTES + headerBytes, count, isOs2));
  }
  if ([16, 24, 32].includes(bitsPerPixel)) {
    return decodeDirect(bmp, hasMasks ? readMasks(view) : STANDARD_MASKS[bitsPerPixel]);
  }
  throw new Error(`a BMP of ${bitsPerPixel} bits a pixel is not known`);
}

function readPalette({ view, bitsPerPixel }: Bmp, offset: number, count: number, isOs2: boolean) {
  const entryBytes = isOs2 ? 3 : 4;
  const colours = Math.min(count, 1 << bitsPerPixel);
  if (offset + colours * entryBytes > view.byteLength) {
    throw new Error("the file is cut short inside its palette");
  }
  const palette = new Uint8Array(colours * 3);
  for (let colour = 0; colour < colours; colour++) {
    const entry = offset + colour * entryBytes;
    palette[colour * 3] = view.getUint8(entry + 2);
    palette[colour * 3 + 1] = view.getUint8(entry + 1);
    palette[colour * 3 + 2] = view.getUint8(entry);
  }
  return palette;
}

function decodeIndexed(bmp: Bmp, palette: Uint8Array): RgbImage {
  const { view, width, height, bitsPerPixel } = bmp;
  const data = new Uint8Array(width * height * 3);
  const perByte = 8 / bitsPerPixel;
  const largest = (1 << bitsPerPixel) - 1;
  for (let y = 0, to = 0; y < height; y++) {
    const row = rowOffset(bmp, y);
    for (let x = 0; x < width; x++, to += 3) {
      const shift = 8 - bitsPerPixel * (1 + x % perByte);
      const colour = view.getUint8(row + Math.floor(x / perByte)) >> shift & largest;
      if (colour * 3 >= palette.length) {
        throw new Error(
          `the file is damaged: a pixel has colour ${colour} of a palette of ${palette.length / 3}`,
        );
      }
      data[to] = palette[colour * 3];
      data[to + 1] = palette[colour * 3 + 1];
      data[to + 2] = palette[colour * 3 + 2];
    }
  }
  return { width, height, data };
}

/** Which bits of a pixel hold a channel. */
interface Mask {
  readonly shift: number;
  readonly largest: number;
}

const [BYTE_2, BYTE_1, BYTE_0] = [16, 8, 0].map((shift) => ({ shift, largest: 255 }));
const [BITS_10, BITS_5, BITS_0] = [10, 5, 0].map((shift) => ({ shift, largest: 31 }));
/** Red, green and blue by bits a pixel. */
const STANDARD_MASKS: Record<number, Mask[]> = {
  16: [BITS_10, BITS_5, BITS_0],
  24: [BYTE_2, BYTE_1, BYTE_0],
  32: [BYTE_2, BYTE_1, BYTE_0],
};

function readMasks(view: DataView): Mask[] {
  if (MASKS_OFFSET + 12 > view.byteLength) {
    throw new Error("the file is cut short inside its bit masks");
  }
  return [0, 4, 8].map((channel) => {
    const bits = view.getUint32(MASKS_OFFSET + channel, true);
    const shift = Math.clz32(1) - Math.clz32(bits & -bits);
    const largest = bits >>> shift;
    if (bits === 0 || (largest & (largest + 1)) !== 0 || largest > 255) {
      throw new Error(
        `the BMP bit mask 0x${bits.toString(16)} is not read: 1 to 8 bits in a row were expected`,
      );
    }
    return { shift, largest };
  });
}

function decodeDirect(bmp: Bmp, [red, green, blue]: Mask[]): RgbImage {
  const { view, width, height, bitsPerPixel } = bmp;
  const data = new Uint8Array(width * height * 3);
  const bytesPerPixel = bitsPerPixel / 8;
  for (let y = 0, to = 0; y < height; y++) {
    let from = rowOffset(bmp, y);
    for (let x = 0; x < width; x++, from += bytesPerPixel, to += 3) {
      let pixel = view.getUint16(from, true);
      if (bytesPerPixel > 2) pixel |= view.getUint8(from + 2) << 16;
      if (bytesPerPixel > 3) pixel |= view.getUint8(from + 3) << 24;
      data[to] = (pixel >>> red.shift & red.largest) * 255 / red.largest;
      data[to + 1] = (pixel >>> green.shift & green.largest) * 255 / green.largest;
      data[to + 2] = (pixel >>> blue.shift & blue.largest) * 255 / blue.largest;
    }
  }
  return { width, height, data };
}

function rowOffset({ pixelsOffset, rowBytes, topDown, height }: Bmp, y: number): number {
  return pixelsOffset + rowBytes * (topDown ? y : height - 1 - y);
}
