/**
 * Images among zeros, for windows that reach over their edges.
 *
 * @module
 */

import type { HostArray, Operand } from "../device.ts";

/** `[vertical, horizontal]`. */
export type Both = readonly [number, number];

/** The images of a batch, one at a time, in float64 and surrounded by zeros. */
export class PaddedImages {
  readonly #x: Operand<HostArray>;
  readonly #size: Both;
  readonly #start: Both;
  readonly #spread: Both;
  readonly #pixels: Float64Array;

  /**
   * Pixel (h, w) of each channel of x [N,C,H,W] goes to `start + spread · (h, w)` of a plane of
   * `size`; what falls outside is left out.
   */
  constructor(x: Operand<HostArray>, size: Both, start: Both, spread: Both = [1, 1]) {
    this.#x = x;
    this.#size = size;
    this.#start = start;
    this.#spread = spread;
    this.#pixels = new Float64Array(x.shape[1] * size[0] * size[1]);
  }

  /** Image `n`, until the next is loaded. */
  load(n: number): Float64Array {
    const [, C, H, W] = this.#x.shape;
    const [height, width] = this.#size;
    const [top, left] = this.#start;
    const [down, across] = this.#spread;
    const firstColumn = Math.max(0, Math.ceil(-left / across));
    const endColumn = Math.min(W, Math.ceil((width - left) / across));
    for (let c = 0; c < C; c++) {
      for (let h = 0; h < H; h++) {
        const row = top + h * down;
        if (row < 0 || row >= height) continue;
        const from = ((n * C + c) * H + h) * W;
        const to = (c * height + row) * width + left;
        copyRow(this.#x.buffer, from, firstColumn, endColumn, this.#pixels, to, across);
      }
    }
    return this.#pixels;
  }

  /** Where in the pixels the points of a grid lie that starts at each channel's first pixel. */
  grid(channels: number, [rows, columns]: Both, [down, across]: Both): Int32Array {
    const [height, width] = this.#size;
    const positions = new Int32Array(channels * rows * columns);
    let i = 0;
    for (let c = 0; c < channels; c++) {
      for (let h = 0; h < rows; h++) {
        for (let w = 0; w < columns; w++) {
          positions[i++] = (c * height + h * down) * width + w * across;
        }
      }
    }
    return positions;
  }
}

function copyRow(
  x: HostArray,
  from: number,
  first: number,
  end: number,
  pixels: Float64Array,
  to: number,
  step: number,
): void {
  for (let w = first; w < end; w++) pixels[to + w * step] = x[from + w];
}
