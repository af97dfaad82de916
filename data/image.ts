/**
 * The two kinds of picture that the data layer passes around: bytes in rows, top row first.
 *
 * @module
 */

/** A colour picture: rows of interleaved R, G, B, three bytes a pixel, 0 to 255. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A grey picture, such as a depth map: rows of one byte a pixel, 0 to 255. */
export interface GrayImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
