import type { GrayImage, RgbImage } from "./image.ts";

export interface JpegOptions {
  readonly quality: number;
  readonly subsample?: "4:4:4" | "4:2:0";
}

export function decodeJpeg(_bytes: Uint8Array): Promise<RgbImage> {
  throw new Error("not written yet");
}

export function encodeJpeg(
  _image: RgbImage | GrayImage,
  _options: JpegOptions,
): Promise<Uint8Array> {
  throw new Error("not written yet");
}
