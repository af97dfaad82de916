import type { GrayImage, RgbImage } from "./image.ts";

export function resizeRgb(_image: RgbImage, _width: number, _height: number): RgbImage {
  throw new Error("not written yet");
}

export function resizeGray(_image: GrayImage, _width: number, _height: number): GrayImage {
  throw new Error("not written yet");
}
