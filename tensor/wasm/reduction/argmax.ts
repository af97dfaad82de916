/**
 * Positions of maxima along rows in memory.
 *
 * @module
 */

import {
  type Body,
  f32,
  f32x4,
  i32,
  i32x4,
  type Local,
  select,
  v128,
  type Value,
  type Vector,
} from "../assembler/mod.ts";
import { type Kernel, kernel } from "../kernel.ts";
import { exceeds } from "../pool/exceeds.ts";

/** How elements are compared: NaN, where there is one, is the largest. */
interface Order<T extends "f32" | "i32"> {
  readonly load: (at: Local<"heap">) => Value<T>;
  readonly lane: (vector: Vector, lane: number) => Value<T>;
  readonly exceeds: (a: Value<T>, b: Value<T>) => Value<"i32">;
  /** In all four lanes. */
  readonly allExceed: (a: Vector, b: Vector) => Vector;
}

/** Each row's first maximum, int32. */
export const argmaxFloats = argmaxOf<"f32">("argmax", {
  load: (at) => f32.load(at),
  lane: f32x4.extractLane,
  exceeds: (a, b) => i32.eqz(f32.le(a, b)).and(f32.eq(b, b)),
  allExceed: exceeds,
});

/** The same of int32 rows. */
export const argmaxIntegers = argmaxOf<"i32">("argmaxIntegers", {
  load: (at) => i32.load(at),
  lane: i32x4.extractLane,
  exceeds: (a, b) => b.lessThan(a),
  allExceed: i32x4.gt,
});

function argmaxOf<T extends "f32" | "i32">(name: string, order: Order<T>): Kernel {
  return kernel(
    name,
    { to: "heap", from: "heap", length: "i32", rows: "i32", rowsPerTask: "i32" },
    (k, { to, from, length, rows, rowsPerTask, task }) => {
      const first = task.times(rowsPerTask);
      k.for(first, first.plus(rowsPerTask).atMost(rows), 1, (row) => {
        const at = k.let(from.plus(row.times(length).shiftedLeft(2)));
        const best = k.let(order.load(at));
        const position = k.let(i32.const(0));
        const tail = k.let(i32.const(0));
        k.if(length.atLeast(FEWEST_FOR_VECTORS), () => {
          maximumInVectors(k, at, length, order, best, position);
          k.set(tail, length.and(-4));
        });
        k.for(tail, length, 1, (i) => {
          const value = k.let(order.load(at));
          k.if(order.exceeds(value, best), () => {
            k.set(best, value);
            k.set(position, i);
          });
          k.advance(at, 4);
        });
        k.store(to.plus(row.shiftedLeft(2)), position);
      });
    },
  );
}

const FEWEST_FOR_VECTORS = 12;

/** Each lane finds its own first maximum; of equal ones among them the first in the row counts. */
function maximumInVectors<T extends "f32" | "i32">(
  k: Body,
  at: Local<"heap">,
  length: Local<"i32">,
  order: Order<T>,
  best: Local<T>,
  position: Local<"i32">,
): void {
  const positions = k.let(i32x4.lanes(0, 1, 2, 3));
  const bests = k.let(v128.load(at));
  const found = k.let(positions);
  k.repeat(length.shiftedRight(2), () => {
    const values = k.let(v128.load(at));
    const isLarger = k.let(order.allExceed(values, bests));
    k.set(bests, v128.bitselect(values, bests, isLarger));
    k.set(found, v128.bitselect(positions, found, isLarger));
    k.set(positions, i32x4.add(positions, i32x4.const(4)));
    k.advance(at, 16);
  });
  k.set(best, order.lane(bests, 0));
  k.set(position, i32x4.extractLane(found, 0));
  for (const lane of [1, 2, 3]) {
    const value = k.let(order.lane(bests, lane));
    const there = k.let(i32x4.extractLane(found, lane));
    const isEarlierEqual = i32.eqz(order.exceeds(best, value)).and(there.lessThan(position));
    const isBetter = k.let(order.exceeds(value, best).or(isEarlierEqual));
    k.set(best, select(isBetter, value, best));
    k.set(position, select(isBetter, there, position));
  }
}
