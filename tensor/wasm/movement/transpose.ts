/**
 * Copies that exchange two axes in memory: what lies side by side lies apart afterwards.
 *
 * A tile of the matrix is transposed at a time, small enough for the nearest cache on both sides, in
 * blocks of 4×4 numbers that are turned over in registers.
 *
 * @module
 */

import {
  type Body,
  i32,
  i32x4,
  int,
  type Local,
  select,
  v128,
  type Vector,
} from "../assembler/mod.ts";
import type { Machine } from "../machine.ts";
import { type CopyAxis, runWalk, walkKernel } from "./walk.ts";

/** A matrix of 32-bit numbers whose columns become rows. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Bytes between the rows of the source. */
  readonly fromRow: number;
  /** Bytes between the rows of the result, the source's columns. */
  readonly toColumn: number;
  /** Whether the rows of the result are filled up with zeros to a multiple of four. */
  readonly isPadded: boolean;
}

const TILE = 48;

/** Transposes a matrix at each position of the outer axes (outermost first, none of length 0). */
export function transpose(
  machine: Machine,
  to: number,
  from: number,
  outer: readonly CopyAxis[],
  { rows, columns, fromRow, toColumn, isPadded }: Matrix,
): void {
  if (rows === 0 || columns === 0) return;
  const axes = [
    ...outer,
    { length: Math.ceil(rows / TILE), fromStep: TILE * fromRow, toStep: TILE * 4 },
    { length: Math.ceil(columns / TILE), fromStep: TILE * 4, toStep: TILE * toColumn },
  ];
  const bytes = 4 * Math.min(rows, TILE) * Math.min(columns, TILE);
  const matrix = [rows, columns, fromRow, toColumn, Number(isPadded)];
  runWalk(machine, transposeTiles, to, from, axes, bytes, matrix);
}

const transposeTiles = walkKernel(
  "transpose",
  { rows: "i32", columns: "i32", fromRow: "i32", toColumn: "i32", isPadded: "i32" },
  (k, args, { to, from, row, column }) => {
    const { fromRow, toColumn, isPadded } = args;
    const rows = k.let(args.rows.minus(row.times(TILE)).atMost(TILE));
    const columns = k.let(args.columns.minus(column.times(TILE)).atMost(TILE));
    const strip = { to, from, fromRow, toColumn, columns };
    k.for(0, rows.minus(3), 4, () => {
      transposeFourRows(k, strip);
      k.advance(from, fromRow.shiftedLeft(2));
      k.advance(to, 16);
    });
    const left = k.let(rows.and(3));
    k.if(left, () => {
      k.if(isPadded, () => transposeFourRows(k, strip, left), () => {
        k.for(0, columns, 1, (column) => {
          const [source, target] = startsOf(k, strip, column);
          k.repeat(left, () => {
            k.store(target, i32.load(source));
            k.advance(source, fromRow);
            k.advance(target, 4);
          });
        });
      });
    });
  },
);

/** Some rows of a tile. */
interface Strip {
  readonly to: Local<"heap">;
  readonly from: Local<"heap">;
  readonly fromRow: Local<"i32">;
  readonly toColumn: Local<"i32">;
  readonly columns: Local<"i32">;
}

function startsOf(
  k: Body,
  { from, to, toColumn }: Strip,
  column: Local<"i32">,
): [Local<"heap">, Local<"heap">] {
  return [k.let(from.plus(column.shiftedLeft(2))), k.let(to.plus(column.times(toColumn)))];
}

const FOUR = [0, 1, 2, 3] as const;

/** Of the four, only `count` need exist; the others count as zeros. */
function transposeFourRows(k: Body, strip: Strip, count?: Local<"i32">): void {
  const { to, from, fromRow, toColumn, columns } = strip;
  const offsets = FOUR.map((row) => {
    // A row that does not exist is read as the last one that does.
    const there = count === undefined ? int(row) : int(row).atMost(count.minus(1));
    return k.let(there.times(fromRow));
  });
  const masks = count &&
    FOUR.map((row) => k.let(i32x4.splat(int(0).minus(int(row).lessThan(count)))));
  const wholeColumns = k.let(columns.and(-4));

  const sources = offsets.map((offset) => k.let(from.plus(offset)));
  const target = k.let(to);
  k.for(0, wholeColumns, 4, () => {
    const rows = FOUR.map((row) => {
      const loaded = v128.load(sources[row]);
      return k.let(masks === undefined ? loaded : v128.and(loaded, masks[row]));
    });
    for (const column of transposed(k, rows)) {
      k.store(target, column);
      k.advance(target, toColumn);
    }
    for (const source of sources) k.advance(source, 16);
  });

  k.for(wholeColumns, columns, 1, (column) => {
    const [source, target] = startsOf(k, strip, column);
    for (const row of FOUR) {
      const loaded = i32.load(source.plus(offsets[row]));
      k.store(
        target,
        count === undefined ? loaded : select(int(row).lessThan(count), loaded, int(0)),
        4 * row,
      );
    }
  });
}

/** The columns of a 4×4 block whose rows are given. */
export function transposed(k: Body, [a, b, c, d]: readonly Vector[]): Vector[] {
  const abLow = k.let(v128.shuffle(a, b, [0, 4, 1, 5]));
  const abHigh = k.let(v128.shuffle(a, b, [2, 6, 3, 7]));
  const cdLow = k.let(v128.shuffle(c, d, [0, 4, 1, 5]));
  const cdHigh = k.let(v128.shuffle(c, d, [2, 6, 3, 7]));
  return [
    v128.shuffle(abLow, cdLow, [0, 1, 4, 5]),
    v128.shuffle(abLow, cdLow, [2, 3, 6, 7]),
    v128.shuffle(abHigh, cdHigh, [0, 1, 4, 5]),
    v128.shuffle(abHigh, cdHigh, [2, 3, 6, 7]),
  ];
}
