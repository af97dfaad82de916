/** Pixels as the codec hands them over: rows of R, G, B and an opaque fourth byte. */
export interface RgbaPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** MozJPEG's settings, under the package's names. */
export interface MozJpegSettings {
  readonly quality: number;
  readonly baseline: boolean;
  readonly arithmetic: boolean;
  readonly progressive: boolean;
  readonly optimize_coding: boolean;
  readonly smoothing: number;
  readonly color_space: number;
  readonly quant_table: number;
  readonly trellis_multipass: boolean;
  readonly trellis_opt_zero: boolean;
  readonly trellis_opt_table: boolean;
  readonly trellis_loops: number;
  readonly auto_subsample: boolean;
  readonly chroma_subsample: number;
  readonly separate_chroma_quality: boolean;
  readonly chroma_quality: number;
}

export interface JpegDecoder {
  decode(bytes: Uint8Array, preserveOrientation: boolean): RgbaPixels | null;
  /** The codec's whole memory; it never shrinks. */
  readonly HEAPU8: Uint8Array;
}

export interface JpegEncoder {
  encode(rgba: Uint8Array, width: number, height: number, settings: MozJpegSettings): Uint8Array;
  readonly HEAPU8: Uint8Array;
}

export function startDecoder(onMessage: (message: string) => void): Promise<JpegDecoder>;
export function startEncoder(onMessage: (message: string) => void): Promise<JpegEncoder>;
