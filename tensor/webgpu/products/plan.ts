/**
 * How products are done: which tile for which GPU and shape, and in how many parts.
 *
 * What changes the order of additions follows from shape alone; the tile follows from the adapter too.
 *
 * @module
 */

import type { Geometry, Shape } from "../../shape.ts";
import type { GpuLimits } from "../gpu.ts";
import type { Extent, Tile } from "./panel.ts";

/** What one operand of a product may take while it is worked on in parts. */
export const SCRATCH_BYTES = 64 * 2 ** 20;

/** Whether Winograd's way fits: 3×3 windows that move by one, whose transpose needs no cropping. */
export function isForWinograd(
  [, , height, width]: Shape,
  { stride, padding, dilation }: Geometry,
): boolean {
  return height === 3 && width === 3 && padding[0] <= 2 && padding[1] <= 2 &&
    [...stride, ...dilation].every((step) => step === 1);
}

/** Steps of a sum that one invocation makes before the sum is split. */
const LONGEST_SUM = 1024;

/** Cuts a long sum into splits of one length, each made for itself and then added in order. */
export function splitsOf(depth: number): { readonly splits: number; readonly length: number } {
  const splits = Math.ceil(depth / LONGEST_SUM);
  return { splits, length: Math.ceil(depth / splits) };
}

/**
 * The tile of a product. On the CPU a load of one invocation is as dear as a score of products, and
 * nothing is shared: the largest tile that still fills its rows, read from the operands. On a GPU a
 * workgroup shares what it loads: a tile of 128×128, or of 64×64 where the result is small.
 */
export function tileFor({ isSoftware, invocations }: GpuLimits, { rows, columns }: Extent): Tile {
  if (isSoftware) {
    const fours = columns > 64 ? 4 : 1;
    const across = columns > 16 ? 8 : columns > 8 ? 4 : columns > 4 ? 2 : 1;
    return { rows: rows > 8 ? 16 : rows > 4 ? 8 : 4, fours, across, down: 8 / across, depth: 0 };
  }
  const isLarge = rows > 64 && columns > 64 && invocations >= 256;
  return isLarge
    ? { rows: 8, fours: 2, across: 16, down: 16, depth: 8 }
    : { rows: 4, fours: 1, across: 16, down: 16, depth: 16 };
}
