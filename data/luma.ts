import type { GrayImage, RgbImage } from "./image.ts";

export function rgbToLuma(_image: RgbImage): GrayImage {
  throw new Error("not written yet");
}
