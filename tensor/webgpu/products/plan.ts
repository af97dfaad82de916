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
import { PLANES, RESULTS } from "./winograd/matrices.ts";

/** What one operand of a product may take while it is worked on in parts. */
export const SCRATCH_BYTES = 64 * 2 ** 20;

/** What the transformed filters may take: every adapter lets a program see so much. */
const LARGEST_PLANES = 120 * 2 ** 20;

/**
 * Whether Winograd's way fits: 3×3 windows that move by one, whose transpose needs no cropping, over
 * `map` [·,·,H,W] of results. A map of 2×2 fills a quarter of its tile, and the filters outweigh it; the
 * filters of very many channels take four times the memory of their weight.
 */
export function isForWinograd(
  [outputs, inputs, height, width]: Shape,
  { stride, padding, dilation }: Geometry,
  map: Shape,
): boolean {
  return height === 3 && width === 3 && padding[0] <= 2 && padding[1] <= 2 &&
    [...stride, ...dilation].every((step) => step === 1) &&
    Math.min(map[2], RESULTS) * Math.min(map[3], RESULTS) > RESULTS &&
    PLANES * outputs * (inputs + 4) * 4 <= LARGEST_PLANES;
}

/** Steps of a sum over the tiles or windows of images before it is split. */
export const LONGEST_SUM = 1024;

/** Steps of any other product's sum before it is split. */
export const LONGEST_PRODUCT = 16384;

/** Cuts a long sum into splits of one length, each made for itself and then added in order. */
export function splitsOf(
  depth: number,
  longest: number,
): { readonly splits: number; readonly length: number } {
  const splits = Math.ceil(depth / longest);
  return { splits, length: Math.ceil(depth / splits) };
}

/** The tile of a product, whatever is best for the adapter; it changes no result. */
export function tileFor({ isSoftware }: GpuLimits, extent: Extent): Tile {
  return isSoftware ? tileForCpu(extent) : tileForGpu(extent);
}

/** A workgroup shares what it loads: a tile of 128×128, or of 64×64 where the result is small. */
function tileForGpu({ rows, columns }: Extent): Tile {
  return rows > 64 && columns > 64
    ? { rows: 8, fours: 2, across: 16, down: 16, depth: 8 }
    : { rows: 4, fours: 1, across: 16, down: 16, depth: 16 };
}

/** What a software adapter takes for a load and for a product of one invocation, in nanoseconds. */
const LOAD = 1.5;
const PRODUCT = 0.08;

/** Invocations that a software adapter runs as the lanes of one vector. */
const LANES = 8;

/** How much slower it is where the lanes are this many rows of tiles: in one, all read the same rows. */
const SLOWER: Readonly<Record<number, number>> = { 1: 1, 2: 1.3, 4: 2, 8: 4 };

/** A vector of lanes shares nothing, and a load is as dear as a score of products. */
function tileForCpu({ rows, columns }: Extent): Tile {
  const costOf = (tile: Tile) => {
    const groups = Math.ceil(rows / (tile.rows * tile.down)) *
      Math.ceil(columns / (4 * tile.fours * tile.across));
    const loads = tile.rows + 4 * tile.fours;
    const products = tile.rows * 4 * tile.fours;
    return groups * (loads * LOAD + products * PRODUCT) * SLOWER[tile.down];
  };
  return CPU_TILES.reduce((best, tile) => costOf(tile) < costOf(best) ? tile : best);
}

const CPU_TILES: readonly Tile[] = [16, 8, 4].flatMap((rows) =>
  [4, 2, 1].flatMap((fours) =>
    [8, 4, 2, 1].map((across) => ({ rows, fours, across, down: LANES / across, depth: 0 }))
  )
);
