/**
 * Sums over the middle axis of [outer, length, inner] in memory.
 *
 * A sum is cut into blocks by its shape alone, and a block into runs of 64 additions in each lane in
 * float32; runs are added up in float64. Then the blocks' sums are summed in the same way. Of a
 * million positive numbers the sum is off by less than 2e-6 of itself, mostly by 1e-7.
 *
 * @module
 */

import {
  type Body,
  f32,
  f32x4,
  f64,
  f64x2,
  int,
  type Local,
  scratch,
  v128,
  type Value,
} from "../assembler/mod.ts";
import { kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import { narrowed, widened } from "../pairs.ts";

/** How an axis of `length` is summed between others. */
export interface Axes {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

const ROW_BLOCK = 16384;
const COLUMN_BLOCK_NUMBERS = 32768;
const FEWEST_IN_BLOCK = 64;
const MOST_IN_BLOCK = 1024;
/** How many neighbouring columns a task sums. */
const COLUMNS = 1024;

/** How many blocks the axis is cut into: what is left of its length. */
export function blocksOf({ length, inner }: Axes): number {
  return Math.ceil(length / perBlock(length, inner));
}

function perBlock(length: number, inner: number): number {
  if (inner === 1) return Math.min(length, ROW_BLOCK);
  const fitting = Math.ceil(COLUMN_BLOCK_NUMBERS / Math.min(inner, COLUMNS));
  return Math.min(length, Math.max(FEWEST_IN_BLOCK, Math.min(fitting, MOST_IN_BLOCK)));
}

/** Sums from [outer, length, inner] to [outer, blocks, inner]; nothing is empty. */
export function sumBlocks(machine: Machine, to: number, from: number, axes: Axes): void {
  const { outer, length, inner } = axes;
  const inBlock = perBlock(length, inner);
  const blocks = Math.ceil(length / inBlock);
  const pieces = inner === 1 ? 1 : Math.ceil(inner / COLUMNS);
  const units = outer * blocks * pieces;
  const perTask = Math.ceil(COLUMN_BLOCK_NUMBERS / (inBlock * Math.min(inner, COLUMNS)));
  const tasks = Math.ceil(units / perTask);
  if (inner === 1) {
    machine.run(sumRows, tasks, [to, from, length, inBlock, blocks, units, perTask]);
  } else {
    const args = [to, from, length, inner, inBlock, blocks, pieces, units, perTask];
    machine.run(sumColumns, tasks, args, 8 * COLUMNS);
  }
}

const RUN = 64;

const sumRows = kernel(
  "sumRows",
  {
    to: "heap",
    from: "heap",
    length: "i32",
    perBlock: "i32",
    blocks: "i32",
    units: "i32",
    unitsPerTask: "i32",
  },
  (k, { to, from, length, perBlock, blocks, units, unitsPerTask, task }) => {
    const first = task.times(unitsPerTask);
    k.for(first, first.plus(unitsPerTask).atMost(units), 1, (unit) => {
      const start = k.let(unit.modulo(blocks).times(perBlock));
      const count = k.let(length.minus(start).atMost(perBlock));
      const row = unit.dividedBy(blocks).times(length);
      const at = k.let(from.plus(row.plus(start).shiftedLeft(2)));
      const total = k.local("f64");
      k.set(total, f64.const(0));
      k.if(count.atLeast(16), () => {
        const pair = k.let(f64x2.const(0));
        k.for(0, count.shiftedRight(4), RUN, (done) => {
          const sums = Array.from({ length: 4 }, () => k.let(f32x4.const(0)));
          k.repeat(count.shiftedRight(4).minus(done).atMost(RUN), () => {
            sums.forEach((sum, v) => k.set(sum, f32x4.add(sum, v128.load(at, 16 * v))));
            k.advance(at, 64);
          });
          const [a, b, c, d] = sums;
          const [low, high] = widened(k, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
          k.set(pair, f64x2.add(pair, f64x2.add(low, high)));
        });
        k.set(total, f64.add(f64x2.extractLane(pair, 0), f64x2.extractLane(pair, 1)));
      });
      k.for(0, count.and(15), 1, () => {
        k.set(total, f64.add(total, f64.promoteF32(f32.load(at))));
        k.advance(at, 4);
      });
      k.store(to.plus(unit.shiftedLeft(2)), f32.demoteF64(total));
    });
  },
);

const sumColumns = kernel(
  "sumColumns",
  {
    to: "heap",
    from: "heap",
    length: "i32",
    inner: "i32",
    perBlock: "i32",
    blocks: "i32",
    pieces: "i32",
    units: "i32",
    unitsPerTask: "i32",
  },
  (k, { to, from, length, inner, perBlock, blocks, pieces, units, unitsPerTask, task }) => {
    const bytesPerRow = k.let(inner.shiftedLeft(2));
    const first = task.times(unitsPerTask);
    k.for(first, first.plus(unitsPerTask).atMost(units), 1, (unit) => {
      const column = k.let(unit.modulo(pieces).times(COLUMNS));
      const columns = k.let(inner.minus(column).atMost(COLUMNS));
      const result = k.let(unit.dividedBy(pieces));
      const start = k.let(result.modulo(blocks).times(perBlock));
      const count = k.let(length.minus(start).atMost(perBlock));
      const row = result.dividedBy(blocks).times(length).plus(start);
      const at = k.let(from.plus(row.times(inner).plus(column).shiftedLeft(2)));
      const sums = k.let(to.plus(result.times(inner).plus(column).shiftedLeft(2)));
      const strip = { at, columns, bytesPerRow };
      k.if(count.lessThan(RUN + 1), () => {
        forColumns(k, strip, (start, column, vectors) => {
          const target = k.let(sums.plus(column.shiftedLeft(2)));
          sumRun(k, start, count, bytesPerRow, vectors).forEach((sum, v) => {
            if (vectors > 0) k.store(target, sum, 16 * v);
            else k.storeLane0(target, sum);
          });
        });
      }, () => {
        k.clear(scratch(0), columns.shiftedLeft(3));
        k.for(0, count, RUN, (done) => {
          const rows = k.let(count.minus(done).atMost(RUN));
          forColumns(k, strip, (start, column, vectors) => {
            const total = k.let(scratch(0).plus(column.shiftedLeft(3)));
            sumRun(k, start, rows, bytesPerRow, vectors).forEach((sum, v) => {
              widened(k, sum).slice(0, vectors > 0 ? 2 : 1).forEach((pair, i) => {
                const offset = 32 * v + 16 * i;
                k.store(total, f64x2.add(v128.load(total, offset), pair), offset);
              });
            });
          });
          k.advance(at, rows.times(bytesPerRow));
        });
        forColumns(k, strip, (_, column, vectors) => {
          const total = k.let(scratch(0).plus(column.shiftedLeft(3)));
          const target = k.let(sums.plus(column.shiftedLeft(2)));
          if (vectors === 0) k.store(target, f32.demoteF64(f64.load(total)));
          for (let v = 0; v < vectors; v++) {
            const pairs = [v128.load(total, 32 * v), v128.load(total, 32 * v + 16)] as const;
            k.store(target, narrowed(pairs), 16 * v);
          }
        });
      });
    });
  },
);

interface Strip {
  /** The first column's first number. */
  readonly at: Local<"heap">;
  readonly columns: Local<"i32">;
}

/** Visits columns, 16 at a time, 4 (one vector), and last one by one (`vectors` 0). */
function forColumns(
  k: Body,
  { at, columns }: Strip,
  visit: (start: Local<"heap">, column: Local<"i32">, vectors: 4 | 1 | 0) => void,
): void {
  const start = k.let(at);
  const column = k.local("i32");
  k.set(column, int(0));
  const visitSome = (times: Value<"i32">, vectors: 4 | 1 | 0) => {
    const width = Math.max(1, 4 * vectors);
    k.for(0, times, 1, () => {
      visit(start, column, vectors);
      k.advance(start, 4 * width);
      k.advance(column, width);
    });
  };
  visitSome(columns.shiftedRight(4), 4);
  visitSome(columns.shiftedRight(2).and(3), 1);
  visitSome(columns.and(3), 0);
}

/** The sums over some rows of neighbouring columns; of one column in the first lane. */
function sumRun(
  k: Body,
  start: Local<"heap">,
  rows: Local<"i32">,
  bytesPerRow: Local<"i32">,
  vectors: 4 | 1 | 0,
): Local<"v128">[] {
  const at = k.let(start);
  const sums = Array.from({ length: Math.max(1, vectors) }, () => k.let(f32x4.const(0)));
  k.repeat(rows, () => {
    sums.forEach((sum, v) => {
      const loaded = vectors > 0 ? v128.load(at, 16 * v) : v128.load32Zero(at);
      k.set(sum, f32x4.add(sum, loaded));
    });
    k.advance(at, bytesPerRow);
  });
  return sums;
}
