/**
 * Pools whose windows tile the image: every pixel is in one window at most, so each pass reads and
 * writes every pixel once. The places of a window are unrolled in the code.
 *
 * @module
 */

import { type Body, i32x4, int, type Local, v128, type Vector } from "../assembler/mod.ts";
import { type Kernel, kernel } from "../kernel.ts";
import { exceeds } from "./exceeds.ts";
import {
  forRows,
  forVectors,
  loadPlaces,
  storePlaces,
  type WindowArguments,
  WINDOWS,
} from "./windows.ts";

/** The kernels for windows of some kind. */
export interface PoolKernels {
  readonly argmax: Kernel;
  readonly gather: Kernel;
  readonly scatter: Kernel;
}

/** How many places are worth unrolling. */
export const MOST_TILE_PLACES = 16;

const written = new Map<string, PoolKernels>();

export function tileKernels([height, width]: readonly [number, number]): PoolKernels {
  const name = `${height}x${width}`;
  let kernels = written.get(name);
  if (kernels === undefined) {
    kernels = {
      argmax: argmaxOf(name, height, width),
      gather: gatherOf(name, height, width),
      scatter: scatterOf(name, height, width),
    };
    written.set(name, kernels);
  }
  return kernels;
}

function argmaxOf(name: string, height: number, width: number): Kernel {
  return kernel(`argmaxTiles${name}`, { places: "heap", x: "heap", ...WINDOWS }, (k, args) => {
    forTiles(k, args, args.x, height, width, ({ taps, window }) => {
      const at = k.let(args.places.plus(window.times(args.lanes)));
      forVectors(k, args.lanes, (vectors) => {
        const chosen = Array.from({ length: vectors }, (_, v) => {
          const best = k.let(v128.load(taps[0], 16 * v));
          const place = k.let(i32x4.const(0));
          taps.slice(1).forEach((tap, i) => {
            const value = k.let(v128.load(tap, 16 * v));
            const isLarger = k.let(exceeds(value, best));
            k.set(best, v128.bitselect(value, best, isLarger));
            k.set(place, v128.bitselect(i32x4.const(i + 1), place, isLarger));
          });
          return place;
        });
        storePlaces(k, at, chosen);
        k.advance(at, 4 * vectors);
        for (const tap of taps) k.advance(tap, 16 * vectors);
      });
    });
  });
}

function gatherOf(name: string, height: number, width: number): Kernel {
  return kernel(
    `gatherTiles${name}`,
    { to: "heap", x: "heap", places: "heap", ...WINDOWS },
    (k, args) => {
      forTiles(k, args, args.x, height, width, ({ taps, window }) => {
        const { at, to } = ofWindow(k, args.places, args.to, window, args.lanes);
        forVectors(k, args.lanes, (vectors) => {
          loadPlaces(k, at, vectors).forEach((place, v) => {
            const value = k.let(v128.load(taps[0], 16 * v));
            taps.slice(1).forEach((tap, i) => {
              const loaded = v128.load(tap, 16 * v);
              k.set(value, v128.bitselect(loaded, value, isPlace(place, i + 1)));
            });
            k.store(to, value, 16 * v);
          });
          k.advance(at, 4 * vectors);
          for (const address of [to, ...taps]) k.advance(address, 16 * vectors);
        });
      });
    },
  );
}

function scatterOf(name: string, height: number, width: number): Kernel {
  return kernel(
    `scatterTiles${name}`,
    { to: "heap", g: "heap", places: "heap", ...WINDOWS },
    (k, args) => {
      const clearRest = rest(k, args, args.to, height, width);
      forTiles(k, args, args.to, height, width, ({ taps, window }) => {
        const { at, to: g } = ofWindow(k, args.places, args.g, window, args.lanes);
        forVectors(k, args.lanes, (vectors) => {
          loadPlaces(k, at, vectors).forEach((place, v) => {
            const value = k.let(v128.load(g, 16 * v));
            taps.forEach((tap, i) => {
              k.store(tap, v128.and(value, isPlace(place, i)), 16 * v);
            });
          });
          k.advance(at, 4 * vectors);
          for (const address of [g, ...taps]) k.advance(address, 16 * vectors);
        });
      }, clearRest);
    },
  );
}

function isPlace(places: Vector, place: number): Vector {
  return i32x4.eq(places, i32x4.const(place));
}

function ofWindow(
  k: Body,
  places: Local<"heap">,
  numbers: Local<"heap">,
  window: Local<"i32">,
  lanes: Local<"i32">,
): { at: Local<"heap">; to: Local<"heap"> } {
  const lane = k.let(window.times(lanes));
  return { at: k.let(places.plus(lane)), to: k.let(numbers.plus(lane.shiftedLeft(2))) };
}

/** One window. */
interface Tile {
  /** Where its pixels are in the map, row by row. */
  readonly taps: readonly Local<"heap">[];
  /** Its number, of all windows of all images. */
  readonly window: Local<"i32">;
}

/** Visits the task's windows; after each row, `finishRow` with the number of its first pixel. */
function forTiles(
  k: Body,
  args: WindowArguments,
  map: Local<"heap">,
  height: number,
  width: number,
  visit: (tile: Tile) => void,
  finishRow?: (pixel: Local<"i32">, rowOfImage: Local<"i32">) => void,
): void {
  const bytesPerPixel = k.let(args.lanes.shiftedLeft(2));
  const bytesPerRow = k.let(args.width.times(bytesPerPixel));
  forRows(k, args, args.rows, (row, image, rowOfImage) => {
    const first = k.let(image.times(args.height).plus(rowOfImage.times(height)).times(args.width));
    const corner = k.let(map.plus(first.times(bytesPerPixel)));
    const window = k.let(row.times(args.columns));
    k.repeat(args.columns, () => {
      const taps = Array.from({ length: height * width }, (_, i) => {
        const down = bytesPerRow.times(Math.floor(i / width));
        return k.let(corner.plus(down.plus(bytesPerPixel.times(i % width))));
      });
      visit({ taps, window });
      k.advance(window, 1);
      k.advance(corner, bytesPerPixel.times(width));
    });
    finishRow?.(first, rowOfImage);
  });
}

/** Clears the pixels that no window reaches: those to the right of a row, and those under the last. */
function rest(
  k: Body,
  { lanes, height: imageHeight, width: imageWidth, rows, columns }: WindowArguments,
  map: Local<"heap">,
  height: number,
  width: number,
): (pixel: Local<"i32">, rowOfImage: Local<"i32">) => void {
  const bytesPerPixel = k.let(lanes.shiftedLeft(2));
  const bytesPerRow = k.let(imageWidth.times(bytesPerPixel));
  const bytesReached = k.let(columns.times(width).times(bytesPerPixel));
  const rowsUnder = k.let(imageHeight.minus(rows.times(height)));
  return (pixel, rowOfImage) => {
    const start = k.let(map.plus(pixel.times(bytesPerPixel)));
    k.if(bytesReached.lessThan(bytesPerRow), () => {
      for (let i = 0; i < height; i++) {
        k.clear(
          start.plus(bytesReached.plus(bytesPerRow.times(i))),
          bytesPerRow.minus(bytesReached),
        );
      }
    });
    k.if(rowOfImage.plus(1).equals(rows).and(int(0).lessThan(rowsUnder)), () => {
      k.clear(start.plus(bytesPerRow.times(height)), rowsUnder.times(bytesPerRow));
    });
  };
}
