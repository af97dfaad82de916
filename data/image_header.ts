export interface ImageHeader {
  readonly format: "jpeg" | "png" | "bmp" | "tiff";
  readonly width: number;
  readonly height: number;
}

export const MAX_PIXELS = 64 * 2 ** 20;

export function readImageHeader(_bytes: Uint8Array): ImageHeader {
  throw new Error("not written yet");
}

export function checkImageSize(_header: ImageHeader, _maxPixels = MAX_PIXELS): void {
  throw new Error("not written yet");
}
