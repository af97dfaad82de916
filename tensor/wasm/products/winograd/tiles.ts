/**
 * The tiles that an image is cut into: m×m results each, made from (m+2)×(m+2) inputs.
 *
 * A tile's transformed numbers stand in planes, one for each place of the square of inputs; a plane holds
 * one row of channels for each tile of a task. Tiles that reach over the border of the image go by way
 * of a small patch in scratch.
 *
 * @module
 */

import {
  type Address,
  type Arguments,
  type Body,
  type Callable,
  f32x4,
  type Int,
  int,
  type Local,
  type Module,
  scratch,
  v128,
  type Value,
} from "../../assembler/mod.ts";
import { type Algorithm, transformBoth } from "./transforms.ts";

const CACHE_LINE = 64;

/** Between the two passes of a transform: at most 36 vectors below the start of free scratch. */
const BETWEEN = 7168;

const between = (k: Body) => ({
  put: (index: number, value: Value<"v128">) => k.store(scratch(0), value, BETWEEN + 16 * index),
  get: (index: number) => v128.load(scratch(0), BETWEEN + 16 * index),
});

/** Images as they lie in memory: [N,H,W,lanes]. */
export const IMAGES = {
  images: "heap",
  height: "i32",
  width: "i32",
  lanes: "i32",
} as const;

/** How images are cut into tiles: tiles from `top` and `left` on, `columns` in a row. */
export const CUT = {
  tilesPerImage: "i32",
  tileColumns: "i32",
  top: "i32",
  left: "i32",
} as const;

/** A square of pixels of an image, as a tile sees it. */
export interface Square {
  readonly image: Value<"i32">;
  readonly top: Value<"i32">;
  readonly left: Value<"i32">;
}

/** Which square of which image is tile number `tile`, where tiles have so many results on a side. */
export function squareOf(
  k: Body,
  tile: Value<"i32">,
  results: Algorithm["results"],
  cut: Arguments<typeof CUT>,
): Square {
  const image = k.let(tile.dividedBy(cut.tilesPerImage));
  const within = k.let(tile.minus(image.times(cut.tilesPerImage)));
  const row = k.let(within.dividedBy(cut.tileColumns));
  return {
    image,
    top: k.let(row.times(results).plus(cut.top)),
    left: k.let(within.minus(row.times(cut.tileColumns)).times(results).plus(cut.left)),
  };
}

/** The rows and columns of a square that lie inside of the image. */
interface Inside {
  readonly isWhole: Value<"i32">;
  readonly firstRow: Value<"i32">;
  readonly rows: Value<"i32">;
  readonly firstColumn: Value<"i32">;
  readonly columns: Value<"i32">;
}

function insideOf(
  k: Body,
  { top, left }: Square,
  { height, width }: Arguments<typeof IMAGES>,
  side: number,
): Inside {
  const along = (start: Value<"i32">, length: Value<"i32">) => {
    const first = k.let(start.lessThan(0).times(int(0).minus(start)));
    const end = k.let(length.minus(start).atMost(side));
    return { first, count: k.let(end.minus(first)) };
  };
  const rows = along(top, height);
  const columns = along(left, width);
  return {
    isWhole: k.let(rows.count.equals(side).and(columns.count.equals(side))),
    firstRow: rows.first,
    rows: rows.count,
    firstColumn: columns.first,
    columns: columns.count,
  };
}

/** The address of a pixel; its row and column may lie outside of the image as long as nobody reads. */
function pixelAt(
  images: Arguments<typeof IMAGES>,
  { image, top, left }: Square,
  row: Int = 0,
  column: Int = 0,
): Value<"heap"> {
  const { height, width, lanes } = images;
  const pixel = image.times(height).plus(top).plus(row).times(width).plus(left).plus(column);
  return images.images.plus(pixel.times(lanes).shiftedLeft(2));
}

/**
 * Hands `use` the address of a square's first pixel, of which it reads `lanes` channels, and the bytes
 * from row to row: in the image, or in a patch of scratch with zeros around the image.
 */
export function readSquare(
  k: Body,
  images: Arguments<typeof IMAGES>,
  square: Square,
  side: number,
  patch: Value<"scratch">,
  lanes: Value<"i32">,
  use: (address: Address, rowBytes: Value<"i32">) => void,
): void {
  const pixelBytes = k.let(images.lanes.shiftedLeft(2));
  const inside = insideOf(k, square, images, side);
  k.if(inside.isWhole, () => {
    use(pixelAt(images, square), images.width.times(pixelBytes));
  }, () => {
    k.clear(patch, pixelBytes.times(side * side));
    eachRow(k, inside, (row) => {
      const inPatch = row.times(side).plus(inside.firstColumn).times(pixelBytes);
      const inImage = pixelAt(images, square, row, inside.firstColumn);
      const bytes = inside.columns.minus(1).times(pixelBytes).plus(lanes.shiftedLeft(2));
      k.copy(patch.plus(inPatch), inImage, bytes);
    });
    use(patch, pixelBytes.times(side));
  });
}

/**
 * The same for a square to be written, of which the first `lanes` channels of each pixel are made; what
 * falls outside of the image is dropped.
 */
export function writeSquare(
  k: Body,
  images: Arguments<typeof IMAGES>,
  square: Square,
  side: number,
  patch: Value<"scratch">,
  lanes: Value<"i32">,
  use: (address: Address, rowBytes: Value<"i32">, pixelBytes: Value<"i32">) => void,
): void {
  const pitch = k.let(images.lanes.shiftedLeft(2));
  const made = k.let(lanes.shiftedLeft(2));
  const inside = insideOf(k, square, images, side);
  k.if(inside.isWhole, () => {
    use(pixelAt(images, square), images.width.times(pitch), pitch);
  }, () => {
    use(patch, made.times(side), made);
    eachRow(k, inside, (row) => {
      const end = inside.firstColumn.plus(inside.columns);
      k.for(inside.firstColumn, end, 1, (column) => {
        const inPatch = row.times(side).plus(column).times(made);
        k.copy(pixelAt(images, square, row, column), patch.plus(inPatch), made);
      });
    });
  });
}

/** Calls `body` for every row that has pixels inside of the image. */
function eachRow(
  k: Body,
  { firstRow, rows, columns }: Inside,
  body: (row: Value<"i32">) => void,
): void {
  k.if(int(0).lessThan(columns), () => k.for(firstRow, firstRow.plus(rows), 1, body));
}

/** Where the rows of channels of a task's tiles stand. */
export interface Planes {
  readonly algorithm: Algorithm;
  /** Floats from tile to tile: the channels of a block. */
  readonly lanes: number;
  /** Tiles that a plane has room for. */
  readonly tiles: number;
}

/** The bytes of all planes of one block of channels. */
export function blockBytes(planes: Planes): number {
  return planes.algorithm.planes * planeBytes(planes);
}

/**
 * The bytes from plane to plane: an odd number of cache lines, so that the places of a tile do not
 * fall on the same few places of the cache.
 */
export function planeBytes({ lanes, tiles }: Planes): number {
  const lines = Math.ceil(lanes * tiles * 4 / CACHE_LINE);
  return (lines + 1 - lines % 2) * CACHE_LINE;
}

/**
 * Calls `body` for every four channels of a tile, blocks of channels one after the other; `advance` is
 * handed the bytes by which an address into the planes moves.
 */
function eachFourChannels(
  k: Body,
  lanes: Value<"i32">,
  planes: Planes,
  body: () => void,
  advance: (bytes: Int) => void,
): void {
  const left = k.let(lanes.shiftedRight(2));
  k.while(() => int(0).lessThan(left), () => {
    const here = k.let(left.atMost(planes.lanes / 4));
    k.repeat(here, () => {
      body();
      advance(16);
    });
    k.set(left, left.minus(here));
    advance(int(blockBytes(planes)).minus(here.shiftedLeft(4)));
  });
}

/** The squares that are transformed into planes: inputs, and gradients of results. */
export type Squares = "inputs" | "results";

/**
 * Adds the function (from, to, rowBytes, pixelBytes, lanes) that transforms a square of pixels into
 * planes.
 */
export function squareToPlanes(
  module: Module,
  memory: "heap" | "scratch",
  squares: Squares,
  planes: Planes,
): Callable {
  const parameters = {
    from: memory,
    to: "scratch",
    rowBytes: "i32",
    pixelBytes: "i32",
    lanes: "i32",
  } as const;
  const { [squares]: side, inputs, inputTransform, gradientTransform } = planes.algorithm;
  return module.function(parameters, (k, { from, to, rowBytes, pixelBytes, lanes }) => {
    const rows = Array.from({ length: side }, () => k.local(memory));
    eachFourChannels(k, lanes, planes, () => {
      rows.forEach((row, i) => k.set(row, i === 0 ? from : moved(rows[i - 1], rowBytes)));
      transformBoth(
        k,
        [side, inputs],
        squares === "inputs" ? inputTransform : gradientTransform,
        (row, column) => {
          if (row === 0 && column > 0) { for (const one of rows) k.advance(one, pixelBytes); }
          return v128.load(rows[row] as Address);
        },
        between(k),
        (row, column, value) => k.store(to, value, (inputs * row + column) * planeBytes(planes)),
      );
      k.advance(from, 16);
    }, (bytes) => k.advance(to, bytes));
  });
}

/** Adds the function (from, to, bias, rowBytes, pixelBytes, lanes) from planes to squares of results. */
export function planesToSquare(
  module: Module,
  memory: "heap" | "scratch",
  planes: Planes,
): Callable {
  const parameters = {
    from: "scratch",
    to: memory,
    bias: "heap",
    rowBytes: "i32",
    pixelBytes: "i32",
    lanes: "i32",
  } as const;
  const { inputs, results, outputTransform } = planes.algorithm;
  return module.function(parameters, (k, { from, to, bias, rowBytes, pixelBytes, lanes }) => {
    const row = k.local(memory);
    const pixel = k.local(memory);
    const shift = k.local("v128");
    eachFourChannels(k, lanes, planes, () => {
      k.set(shift, v128.load(bias));
      k.set(row, to);
      transformBoth(
        k,
        [inputs, results],
        outputTransform,
        (row, column) => v128.load(from, (inputs * row + column) * planeBytes(planes)),
        between(k),
        (_, column, value) => {
          if (column === 0) k.set(pixel, row);
          k.store(pixel as Address, f32x4.add(value, shift));
          if (column < results - 1) k.advance(pixel, pixelBytes);
          else k.set(row, moved(row, rowBytes));
        },
      );
      k.advance(to, 16);
      k.advance(bias, 16);
    }, (bytes) => k.advance(from, bytes));
  });
}

/** Adds what {@linkcode readSquare} needs: the same transform from either memory. */
export function squaresToPlanes(
  module: Module,
  squares: Squares,
  planes: Planes,
): (address: Address) => Callable {
  const fromHeap = squareToPlanes(module, "heap", squares, planes);
  const fromScratch = squareToPlanes(module, "scratch", squares, planes);
  return ({ type }) => type === "heap" ? fromHeap : fromScratch;
}

function moved<M extends "heap" | "scratch">(address: Local<M>, bytes: Value<"i32">): Value<M> {
  return (address as Local<"scratch">).plus(bytes) as Value<M>;
}
