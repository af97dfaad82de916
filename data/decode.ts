import type { RgbImage } from "./image.ts";

export function decodeImage(_bytes: Uint8Array, _name?: string): Promise<RgbImage> {
  throw new Error("not written yet");
}
