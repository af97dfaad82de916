/**
 * The inner loop of every product: rows of A times one panel of B, as many results at a time as fit
 * into registers.
 *
 * A panel is `depth` rows of as many columns as a tile is wide, one row after the other. It is first
 * copied to an address in scratch that is known now: V8 spares such accesses the check of bounds, and
 * only then may it fuse two vectors of 128 bits into one of 256. The depth is unrolled wholly for the
 * same reason. With 4×8 results in plain mode and 6×16 in fused mode the loop needs 15 of the 16
 * vector registers.
 *
 * @module
 */

import {
  type Body,
  type Callable,
  f32x4,
  int,
  type Local,
  type Module,
  scratch,
  type Type,
  v128,
  type Value,
} from "../assembler/mod.ts";
import type { Tile } from "../kernel.ts";

/** The deepest panel there is. */
export const DEEPEST = 96;

/** Where in scratch the panel and the results of a tile stand; what follows is free. */
const PANEL = 0;
const RESULTS = DEEPEST * 16 * 4;
export const SCRATCH_START = 8192;

/**
 * How A lies in scratch: `rows`: the depth along each row, unbroken; `columns`: for each step of the depth
 * its rows, unbroken, and `stride` floats to the next step.
 */
export type Order = { readonly by: "rows" } | { readonly by: "columns"; readonly stride: number };

/** The number of columns of a tile. */
export function widthOf(tile: Tile): number {
  return 4 * tile.vectors;
}

/** Cuts a depth into equal panels near 64 deep, each a multiple of 4; the last may reach beyond it. */
export function cutDepth(depth: number): { count: number; each: number } {
  const wanted = Math.max(1, Math.round(depth / 64));
  const each = Math.max(4, Math.ceil(depth / wanted / 4) * 4);
  return { count: Math.max(1, Math.ceil(depth / each)), each };
}

/** Where rows of A stand by columns: `rows` of them for the product, every `stride` floats. */
export interface Rows {
  readonly rows: number;
  readonly stride: number;
}

/** The rows that a product of so many takes, for tiles of so many rows. */
export function rowsOf(count: number, tileRows: number): Rows {
  const rows = Math.ceil(count / tileRows) * tileRows;
  return { rows, stride: Math.ceil(rows / 4) * 4 };
}

/** The product with a panel, and the same for a last panel of which no more than half is wanted. */
export interface PanelProducts {
  readonly whole: Callable;
  readonly half: Callable;
  readonly width: number;
}

/**
 * Adds the functions (a, b, c, tiles, accumulate) that make C = A · B, or C += A · B if `accumulate` is
 * not 0, for `tiles` tiles of rows one below the other.
 *
 * C is a list of tiles: rows of the tile's width, unbroken. `b` is the panel, in the heap or in
 * scratch; `c` likewise.
 */
export function panelProducts(
  module: Module,
  tile: Tile,
  depth: number,
  order: Order,
  memories: readonly ["heap" | "scratch", "heap" | "scratch"],
): PanelProducts {
  const { vectors } = tile;
  return {
    whole: panelProduct(module, tile, depth, order, memories, vectors),
    half: panelProduct(module, tile, depth, order, memories, vectors / 2),
    width: widthOf(tile),
  };
}

/** Multiplies by a panel of which `columns` columns are wanted, or more than there are. */
export function multiplyPanel(
  k: Body,
  { whole, half, width }: PanelProducts,
  columns: Value<"i32">,
  args: readonly Value<Type>[],
): void {
  k.if(
    int(width / 2).lessThan(columns),
    () => k.call(whole, ...args),
    () => k.call(half, ...args),
  );
}

function panelProduct(
  module: Module,
  tile: Tile,
  depth: number,
  order: Order,
  [bMemory, cMemory]: readonly ["heap" | "scratch", "heap" | "scratch"],
  vectors: number,
): Callable {
  const width = widthOf(tile);
  const parameters = {
    a: "scratch",
    b: bMemory,
    c: cMemory,
    tiles: "i32",
    accumulate: "i32",
  } as const;
  return module.function(parameters, (k, { a, b, c, tiles, accumulate }) => {
    k.copy(scratch(PANEL), b, depth * width * 4);
    const sums = Array.from(
      { length: tile.rows },
      () => Array.from({ length: vectors }, () => k.local("v128")),
    );
    k.repeat(tiles, () => {
      for (const row of sums) for (const sum of row) k.set(sum, f32x4.const(0));
      addProducts(k, { depth, width, order }, a, sums);
      const write = (results: readonly (readonly Result[])[]) =>
        k.if(
          accumulate,
          () => storeTile(k, c, width, results, (sum, at) => f32x4.add(v128.load(c, at), sum)),
          () => storeTile(k, c, width, results, (sum) => sum),
        );
      if (tile.fused) {
        // Only stores to known addresses may be fused, and fusing starts from them.
        storeTile(k, scratch(RESULTS), width, sums, (sum) => sum);
        write(sums.map((row, i) => row.map((_, j) => resultAt(i, j, width))));
      } else {
        write(sums);
      }
      k.advance(a, tile.rows * 4 * (order.by === "rows" ? depth : 1));
      k.advance(c, tile.rows * width * 4);
    });
  });
}

type Result = ReturnType<typeof v128.load>;

function resultAt(row: number, vector: number, width: number): Result {
  return v128.load(scratch(0), RESULTS + row * width * 4 + vector * 16);
}

function storeTile(
  k: Body,
  address: Parameters<Body["store"]>[0],
  width: number,
  results: readonly (readonly Result[])[],
  combine: (sum: Result, offset: number) => Result,
): void {
  results.forEach((row, i) =>
    row.forEach((sum, j) => {
      const offset = i * width * 4 + j * 16;
      k.store(address, combine(sum, offset), offset);
    })
  );
}

/** What the unrolled loop multiplies. */
interface Extent {
  readonly depth: number;
  readonly width: number;
  readonly order: Order;
}

/**
 * Adds the products of the panel's rows with the numbers of A.
 *
 * A is read four numbers at a time, each of which then fills a vector of its own: V8 makes one load of
 * the two where it fuses vectors, and each number by itself would be a check of bounds more.
 */
function addProducts(
  k: Body,
  { depth, width, order }: Extent,
  a: Local<"scratch">,
  sums: readonly (readonly Local<"v128">[])[],
): void {
  const panel = sums[0].map(() => k.local("v128"));
  const factor = k.local("v128");
  const fours = sums.map(() => k.local("v128"));
  for (let step = 0; step < depth; step++) {
    if (order.by === "columns") {
      for (let i = 0; i < sums.length; i += 4) {
        k.set(fours[i / 4], v128.load(a, 4 * (step * order.stride + i)));
      }
    } else if (step % 4 === 0) {
      fours.forEach((four, i) => k.set(four, v128.load(a, 4 * (i * depth + step))));
    }
    loadPanel(k, panel, step * width * 4);
    sums.forEach((row, i) => {
      const [four, lane] = order.by === "rows" ? [fours[i], step % 4] : [fours[i >> 2], i % 4];
      k.set(factor, v128.shuffle(four, four, [lane, lane, lane, lane]));
      row.forEach((sum, j) => k.set(sum, f32x4.mulAdd(factor, panel[j], sum)));
    });
  }
}

function loadPanel(k: Body, panel: readonly Local<"v128">[], row: number): void {
  panel.forEach((four, j) => k.set(four, v128.load(scratch(0), PANEL + row + 16 * j)));
}
