/**
 * PNG bytes to pixels, as Pillow's `convert("RGB")` gives them.
 *
 * Every kind of the standard is read: grey, colour and palette, 1 to 16 bits a sample, with and
 * without alpha, interlaced or not. As in Pillow, alpha and gamma are ignored, 16-bit colour keeps
 * its high byte, and 16-bit grey without alpha is clipped at 255.
 *
 * Our own, because the libraries at hand misread rows of 1, 2 and 4 bits, skip the checksums or
 * lean on Node's private zlib fields. Deflate and CRC are Deno's.
 *
 * Source: W3C, Portable Network Graphics (PNG) Specification, second edition.
 *
 * @module
 */

import { crc32, inflateSync } from "node:zlib";
import type { RgbImage } from "./image.ts";
import type { ImageHeader } from "./image_header.ts";

const GRAY = 0;
const RGB = 2;
const PALETTE = 3;
const GRAY_ALPHA = 4;
const RGB_ALPHA = 6;

const CHANNELS: Record<number, number> = {
  [GRAY]: 1,
  [RGB]: 3,
  [PALETTE]: 1,
  [GRAY_ALPHA]: 2,
  [RGB_ALPHA]: 4,
};
const BIT_DEPTHS: Record<number, number[]> = {
  [GRAY]: [1, 2, 4, 8, 16],
  [RGB]: [8, 16],
  [PALETTE]: [1, 2, 4, 8],
  [GRAY_ALPHA]: [8, 16],
  [RGB_ALPHA]: [8, 16],
};

/** Which pixels a pass holds: from `(x, y)`, every `dx`-th of every `dy`-th row. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

const SEQUENTIAL: Pass[] = [{ x: 0, y: 0, dx: 1, dy: 1 }];
const ADAM7: Pass[] = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

interface Png {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colourType: number;
  readonly passes: Pass[];
  readonly palette: Uint8Array;
  readonly deflated: Uint8Array[];
}

/**
 * Decodes a PNG whose header has been read and found small enough.
 *
 * @throws {Error} with the reason alone, if the file is cut short, damaged or outside the standard.
 */
export function decodePng(bytes: Uint8Array, header: ImageHeader): RgbImage {
  const png = readPng(bytes, header);
  const { width, height } = png;
  const rows = inflateRows(png);
  const data = new Uint8Array(width * height * 3);
  const bitsPerPixel = png.bitDepth * CHANNELS[png.colourType];
  const filterDistance = Math.max(1, bitsPerPixel >> 3);
  let offset = 0;
  for (const pass of png.passes) {
    const columns = Math.ceil((width - pass.x) / pass.dx);
    const rowBytes = Math.ceil(columns * bitsPerPixel / 8);
    let above: Uint8Array = new Uint8Array(rowBytes);
    for (let y = pass.y; columns > 0 && y < height; y += pass.dy) {
      const row = rows.subarray(offset + 1, offset + 1 + rowBytes);
      unfilter(rows[offset], row, above, filterDistance);
      writePixels(png, unpackToBytes(row, png), data, y * width + pass.x, columns, pass.dx);
      above = row;
      offset += 1 + rowBytes;
    }
  }
  return { width, height, data };
}

function readPng(bytes: Uint8Array, { width, height }: ImageHeader): Png {
  const [BIT_DEPTH, COLOUR_TYPE, COMPRESSION, FILTER, INTERLACE] = [8, 9, 10, 11, 12];
  let header: Uint8Array | undefined;
  let palette: Uint8Array = new Uint8Array(0);
  const deflated: Uint8Array[] = [];
  for (const { type, body } of readChunks(bytes)) {
    if (type === "IHDR") header = body;
    if (type === "PLTE") palette = body;
    if (type === "IDAT") deflated.push(body);
  }
  if (header === undefined || header.length !== 13) {
    throw new Error("its IHDR is not 13 bytes long");
  }
  const bitDepth = header[BIT_DEPTH];
  const colourType = header[COLOUR_TYPE];
  if (!BIT_DEPTHS[colourType]?.includes(bitDepth)) {
    throw new Error(`PNG knows no colour type ${colourType} with ${bitDepth} bits a sample`);
  }
  if (header[COMPRESSION] !== 0 || header[FILTER] !== 0 || header[INTERLACE] > 1) {
    throw new Error("its PNG header asks for a compression, filter or interlacing nobody defined");
  }
  if (colourType === PALETTE && (palette.length === 0 || palette.length % 3 !== 0)) {
    throw new Error(`its palette has ${palette.length} bytes, which is no number of colours`);
  }
  const passes = header[INTERLACE] === 1 ? ADAM7 : SEQUENTIAL;
  return { width, height, bitDepth, colourType, passes, palette, deflated };
}

function* readChunks(bytes: Uint8Array): Generator<{ type: string; body: Uint8Array }> {
  const SIGNATURE_BYTES = 8;
  const AROUND_BODY_BYTES = 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = SIGNATURE_BYTES;;) {
    if (offset + AROUND_BODY_BYTES > bytes.length) throw new Error("the file is cut short");
    const length = view.getUint32(offset);
    const end = offset + 8 + length;
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    if (end + 4 > bytes.length) {
      throw new Error(`the file is cut short inside the chunk ${JSON.stringify(type)}`);
    }
    if (crc32(bytes.subarray(offset + 4, end)) !== view.getUint32(end)) {
      throw new Error(
        `the file is damaged: the chunk ${JSON.stringify(type)} does not match its checksum`,
      );
    }
    if (type === "IEND") return;
    yield { type, body: bytes.subarray(offset + 8, end) };
    offset = end + 4;
  }
}

/** All rows of all passes, each after its filter byte. */
function inflateRows(png: Png): Uint8Array {
  const bitsPerPixel = png.bitDepth * CHANNELS[png.colourType];
  let wanted = 0;
  for (const { x, y, dx, dy } of png.passes) {
    const columns = Math.ceil((png.width - x) / dx);
    const rows = Math.ceil((png.height - y) / dy);
    if (columns > 0 && rows > 0) wanted += rows * (1 + Math.ceil(columns * bitsPerPixel / 8));
  }
  let inflated: Uint8Array;
  try {
    inflated = inflateSync(concat(png.deflated), { maxOutputLength: wanted });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the file is damaged: its pixel data do not inflate (${reason})`, {
      cause: error,
    });
  }
  if (inflated.length !== wanted) {
    throw new Error(
      `the file is damaged: ${wanted} bytes of pixel data were expected, got ${inflated.length}`,
    );
  }
  return inflated;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Undoes a row's filter in place; `distance` is how far back the pixel to the left lies. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, distance: number): void {
  const [NONE, SUB, UP, AVERAGE, PAETH] = [0, 1, 2, 3, 4];
  if (filter === NONE) return;
  if (filter > PAETH) throw new Error(`the file is damaged: PNG knows no row filter ${filter}`);
  for (let i = 0; i < row.length; i++) {
    const left = i < distance ? 0 : row[i - distance];
    if (filter === SUB) row[i] += left;
    else if (filter === UP) row[i] += above[i];
    else if (filter === AVERAGE) row[i] += (left + above[i]) >> 1;
    else row[i] += paeth(left, above[i], i < distance ? 0 : above[i - distance]);
  }
}

/** Whichever of the three neighbours is nearest to `left + up - upLeft`. */
function paeth(left: number, up: number, upLeft: number): number {
  const fromLeft = Math.abs(up - upLeft);
  const fromUp = Math.abs(left - upLeft);
  const fromUpLeft = Math.abs(left + up - 2 * upLeft);
  if (fromLeft <= fromUp && fromLeft <= fromUpLeft) return left;
  return fromUp <= fromUpLeft ? up : upLeft;
}

/** A row's samples, one byte each; palette indices stay as they are. */
function unpackToBytes(row: Uint8Array, { bitDepth, colourType }: Png): Uint8Array {
  if (bitDepth === 8) return row;
  if (bitDepth === 16) {
    const samples = new Uint8Array(row.length / 2);
    for (let i = 0; i < samples.length; i++) {
      const [high, low] = [row[2 * i], row[2 * i + 1]];
      samples[i] = colourType === GRAY ? (high > 0 ? 255 : low) : high;
    }
    return samples;
  }
  const perByte = 8 / bitDepth;
  const largest = (1 << bitDepth) - 1;
  const scale = colourType === PALETTE ? 1 : 255 / largest;
  const samples = new Uint8Array(row.length * perByte);
  for (let i = 0; i < samples.length; i++) {
    const shift = 8 - bitDepth * (1 + i % perByte);
    samples[i] = (row[Math.floor(i / perByte)] >> shift & largest) * scale;
  }
  return samples;
}

/** Writes a row's pixels `step` apart. */
function writePixels(
  { colourType, palette }: Png,
  samples: Uint8Array,
  data: Uint8Array,
  firstPixel: number,
  columns: number,
  step: number,
): void {
  const channels = CHANNELS[colourType];
  const isColour = channels >= 3;
  for (let column = 0; column < columns; column++) {
    const from = column * channels;
    const to = (firstPixel + column * step) * 3;
    if (colourType === PALETTE) {
      writeColour(palette, samples[from], data, to);
    } else {
      data[to] = samples[from];
      data[to + 1] = samples[isColour ? from + 1 : from];
      data[to + 2] = samples[isColour ? from + 2 : from];
    }
  }
}

function writeColour(palette: Uint8Array, colour: number, data: Uint8Array, to: number): void {
  if (colour * 3 >= palette.length) {
    throw new Error(
      `the file is damaged: a pixel has colour ${colour} of a palette of ${palette.length / 3}`,
    );
  }
  for (let channel = 0; channel < 3; channel++) {
    data[to + channel] = palette[colour * 3 + channel];
  }
}
