/**
 * JPEG bytes to pixels and back, by MozJPEG in WebAssembly.
 *
 * Decoding is bit-equal to Pillow's `Image.open(…).convert("RGB")`: MozJPEG's decoder is
 * libjpeg-turbo's, with the accurate integer DCT and the smooth chroma upsampling that Pillow uses.
 * As there, the EXIF orientation is ignored. Where libjpeg reports that it makes up pixels for
 * damaged data, Pillow stays silent and this throws.
 *
 * It is libjpeg-turbo before 2.1, which shows in two rare kinds of file: chroma at half height but
 * full width (4:4:0) comes out slightly off, and a progressive file that lacks its last scans
 * is smoothed differently.
 *
 * Encoding gives the same bytes on every machine.
 *
 * @module
 */

import { checkImage, type GrayImage, type RgbImage } from "./image.ts";
import { checkImageSize, readImageHeader } from "./image_header.ts";
import { type MozJpegSettings, startDecoder, startEncoder } from "./jpeg_codec.js";

/** How to encode. */
export interface JpegOptions {
  /** From 1 (coarse) to 100 (fine), on the scale of the Independent JPEG Group. */
  readonly quality: number;
  /** Whether colour is kept at full (`4:4:4`) or half (`4:2:0`, the default) resolution. */
  readonly subsample?: "4:4:4" | "4:2:0";
}

/** libjpeg's own limit on width and height. */
const MAX_SIDE = 65500;

/** A codec's memory never shrinks, so one that grew beyond this is dropped after its work. */
const MAX_KEPT_BYTES = 256 * 2 ** 20;

/** Complaints after which libjpeg goes on with made-up pixels; stray bytes cost no pixels. */
const LOST_PIXELS = /^Premature end|^Corrupt JPEG data: (?!\d+ extraneous bytes)/;

const COLOUR_SPACE = { grey: 1, YCbCr: 3 };
const ANNEX_K_TABLES = 0;

/** Every setting of the encoder is pinned here, so that the same pixels give the same bytes. */
const BASELINE: Omit<MozJpegSettings, "quality" | "color_space" | "chroma_subsample"> = {
  baseline: true,
  progressive: false,
  arithmetic: false,
  optimize_coding: true,
  smoothing: 0,
  quant_table: ANNEX_K_TABLES,
  trellis_multipass: false,
  trellis_opt_zero: false,
  trellis_opt_table: false,
  trellis_loops: 1,
  auto_subsample: false,
  separate_chroma_quality: false,
  chroma_quality: 75,
};

/**
 * Decodes a JPEG to RGB; grey ones get three equal bytes a pixel.
 *
 * `name` stands for the picture in error messages.
 *
 * @throws {RangeError} if the header announces more pixels than `MAX_PIXELS`.
 * @throws {Error} if the bytes are no JPEG, are cut short or damaged, or are CMYK.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { decodeJpeg, encodeJpeg } from "./jpeg.ts";
 *
 * const white = { width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).fill(255) };
 * deepEqual(await decodeJpeg(await encodeJpeg(white, { quality: 90 })), white);
 * ```
 */
export async function decodeJpeg(bytes: Uint8Array, name = "the JPEG"): Promise<RgbImage> {
  checkImageSize(readImageHeader(bytes, name), name);
  const { result, complaints } = await decoder.run(
    (codec) => codec.decode(bytes, false),
    (complaints) => `Cannot decode ${name}: ${explain(complaints)}`,
  );
  if (complaints.some((complaint) => LOST_PIXELS.test(complaint))) {
    throw new Error(`Cannot decode ${name}: ${explain(complaints)}`);
  }
  const { width, height, data: rgba } = result;
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return { width, height, data: rgb };
}

/**
 * Encodes a picture as a baseline JPEG: three bytes a pixel as YCbCr, one byte a pixel as a
 * grey JPEG of one component.
 *
 * @throws {TypeError} if the bytes are neither one nor three for each pixel.
 * @throws {RangeError} if the quality is no whole number from 1 to 100, `subsample` is unknown, or
 * a side is longer than 65500.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { encodeJpeg } from "./jpeg.ts";
 * import { readImageHeader } from "./image_header.ts";
 *
 * const depth = { width: 32, height: 16, data: new Uint8Array(32 * 16) };
 * const { format, width } = readImageHeader(await encodeJpeg(depth, { quality: 95 }));
 * equal(`${format} ${width}`, "jpeg 32");
 * ```
 */
export async function encodeJpeg(
  image: RgbImage | GrayImage,
  { quality, subsample = "4:2:0" }: JpegOptions,
): Promise<Uint8Array> {
  const { width, height, data } = image;
  const isGray = data.length === width * height;
  checkImage(image, isGray ? 1 : 3, "encode a JPEG");
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
    throw new RangeError(
      `Cannot encode a JPEG: the quality must be a whole number from 1 to 100, got ${quality}`,
    );
  }
  if (subsample !== "4:4:4" && subsample !== "4:2:0") {
    throw new RangeError(
      `Cannot encode a JPEG: subsample must be "4:4:4" or "4:2:0", got "${subsample}"`,
    );
  }
  if (Math.max(width, height) > MAX_SIDE) {
    throw new RangeError(
      `Cannot encode a JPEG of ${width}x${height}: no side may be longer than ${MAX_SIDE}`,
    );
  }
  const settings: MozJpegSettings = {
    ...BASELINE,
    quality,
    color_space: isGray ? COLOUR_SPACE.grey : COLOUR_SPACE.YCbCr,
    chroma_subsample: subsample === "4:4:4" ? 1 : 2,
  };
  const rgba = isGray ? grayToRgba(data) : rgbToRgba(data);
  const { result } = await encoder.run(
    (codec) => codec.encode(rgba, width, height, settings),
    (complaints) => `Cannot encode a JPEG of ${width}x${height}: ${complaints.at(-1)}`,
  );
  return result;
}

function grayToRgba(gray: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(gray.length * 4);
  for (let from = 0, to = 0; from < gray.length; from++, to += 4) {
    rgba.fill(gray[from], to, to + 3);
  }
  return rgba;
}

function rgbToRgba(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array(rgb.length / 3 * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
  }
  return rgba;
}

/** An early end explains what libjpeg complains of later, missing tables, say. */
function explain(complaints: string[]): string {
  const end = complaints.find((complaint) => complaint.startsWith("Premature end of JPEG file"));
  if (end !== undefined) return `the file is cut short (${end})`;
  return `the file is damaged or of an unknown kind (${complaints.at(-1)})`;
}

/** One codec kept between calls. A failed call leaves it in an undefined state, so it is dropped. */
class KeptCodec<Codec extends { readonly HEAPU8: Uint8Array }> {
  #start: (onMessage: (message: string) => void) => Promise<Codec>;
  #codec: Promise<Codec> | undefined;
  #complaints: string[] = [];

  constructor(start: (onMessage: (message: string) => void) => Promise<Codec>) {
    this.#start = start;
  }

  async run<Result>(
    work: (codec: Codec) => Result | null,
    failure: (complaints: string[]) => string,
  ): Promise<{ result: Result; complaints: string[] }> {
    const starting = this.#codec ??= this.#start((message) => this.#complaints.push(message));
    const codec = await starting;
    // Another call may have failed on it meanwhile.
    if (this.#codec !== starting) return this.run(work, failure);
    this.#complaints = [];
    try {
      const result = work(codec);
      if (result === null) throw new Error("no result");
      if (codec.HEAPU8.byteLength > MAX_KEPT_BYTES) this.#codec = undefined;
      return { result, complaints: this.#complaints };
    } catch (error) {
      this.#codec = undefined;
      if (this.#complaints.length === 0) this.#complaints.push(String(error));
      throw new Error(failure(this.#complaints), { cause: error });
    }
  }
}

const decoder = new KeptCodec(startDecoder);
const encoder = new KeptCodec(startEncoder);
