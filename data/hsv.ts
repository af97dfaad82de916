import type { RgbImage } from "./image.ts";

export function rgbToHsv(_image: RgbImage): Uint8Array {
  throw new Error("not written yet");
}
