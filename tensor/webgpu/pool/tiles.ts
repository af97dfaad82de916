/**
 * Pools whose windows tile the image: each pixel is in one window, so that a pass reads or writes each
 * once. An invocation does four windows side by side, by vectors of four pixels; the pixels of a window
 * are named one by one in the code.
 *
 * Per pixel `argmax` loads once and stores once per window, and `scatter` stores once and loads twice
 * per window. At 2×2 that is 5 and 6 bytes for each 4 that the image has.
 *
 * @module
 */

import type { Windows } from "../../shape.ts";
import type { DType } from "../../device.ts";
import { eachProgram, programFamily } from "../program.ts";
import { keysOf } from "./order.ts";

/** The most pixels of a window that are worth naming. */
const MOST_PIXELS = 16;

/** True if the windows tile the image, and four of them begin where a vector of four pixels does. */
export function isTiled(
  { kernel, geometry: { stride, padding, dilation }, image, count }: Windows,
): boolean {
  const fills = (i: 0 | 1) =>
    stride[i] === kernel[i] && padding[i] === 0 && dilation[i] === 1 &&
    count[i] * kernel[i] === image[i];
  return fills(0) && fills(1) && count[1] % 4 === 0 && kernel[0] * kernel[1] <= MOST_PIXELS;
}

/** The numbers that tell a program about tiles. */
export function tileNumbers({ count: [rows, columns] }: Windows): { rows: number; fours: number } {
  return { rows, fours: columns / 4 };
}

/** Rows of windows in an image, and fours of windows in a row. */
const NUMBERS = { rows: "u32", fours: "u32" } as const;

/**
 * Where the first pixels of four windows are: `at` in the images, by vectors, and `corners` in the
 * plane. The rows of all images follow each other as the rows of windows do.
 */
function placesCode(height: number, width: number): string {
  return `
  let row = i / u.fours;
  let four = i - row * u.fours;
  let vectorsInRow = ${width}u * u.fours;
  let pixelsInRow = i32(4u * vectorsInRow);
  let at = row * ${height}u * vectorsInRow + four * ${width}u;
  let corner = i32(row % u.rows) * ${height} * pixelsInRow + i32(four) * ${4 * width};
  let corners = vec4i(corner) + vec4i(0, ${width}, ${2 * width}, ${3 * width});`;
}

/** The vectors of pixels that four windows have, row by row. */
function vectorsOf(height: number, width: number): { row: number; vector: number }[] {
  return Array.from({ length: height * width }, (_, i) => ({
    row: Math.floor(i / width),
    vector: i % width,
  }));
}

const FOUR = [0, 1, 2, 3];
const COMPONENTS = "xyzw";

/** One pixel of each of four windows, as WGSL, from the vectors `pixels<row>_<vector>`. */
function pixelOfEach(row: number, column: number, width: number): string {
  const pixels = FOUR.map((window) => {
    const place = window * width + column;
    return `pixels${row}_${Math.floor(place / 4)}.${COMPONENTS[place % 4]}`;
  });
  return `vec4i(${pixels.join(", ")})`;
}

export const argmaxTiles = programFamily((height: number, width: number, dtype: DType) =>
  eachProgram({
    name: `argmaxPool of ${height}x${width} tiles of ${dtype}`,
    reads: { xs: "vec4i" },
    writes: { out: "vec4i" },
    numbers: NUMBERS,
    declarations: keysOf(dtype),
    body: `${placesCode(height, width)}${
      vectorsOf(height, width).map(({ row, vector }) => `
  let pixels${row}_${vector} = keysOf(xs[at + ${row}u * vectorsInRow + ${vector}u]);`).join("")
    }
  var best = ${pixelOfEach(0, 0, width)};
  var place = corners;
  var offered = best;
  var isLarger = vec4<bool>();${
      vectorsOf(height, width).slice(1).map(({ row, vector: column }) => `
  offered = ${pixelOfEach(row, column, width)};
  isLarger = offered > best;
  best = select(best, offered, isLarger);
  place = select(place, corners + vec4i(${row} * pixelsInRow + ${column}), isLarger);`).join("")
    }
  out[i] = place;`,
  })
);

export const scatterTiles = programFamily((height: number, width: number) =>
  eachProgram({
    name: `scatterAdd to ${height}x${width} tiles`,
    reads: { gs: "vec4f", index: "vec4i" },
    writes: { out: "vec4f" },
    numbers: NUMBERS,
    body: `${placesCode(height, width)}
  let g = gs[i];
  let chosen = index[i] - corners;${
      vectorsOf(height, width).map(({ row, vector }) => {
        const pixels = FOUR.map((i) => 4 * vector + i);
        const windows = pixels.map((pixel) => COMPONENTS[Math.floor(pixel / width)]).join("");
        const columns = pixels.map((pixel) => pixel % width).join(", ");
        const places = `vec4i(${row} * pixelsInRow) + vec4i(${columns})`;
        return `
  out[at + ${row}u * vectorsInRow + ${vector}u] =
    select(vec4f(), g.${windows}, chosen.${windows} == ${places});`;
      }).join("")
    }`,
  })
);
