/**
 * Walking tensors that lie in memory at any strides, row by row.
 *
 * Broadcasting, permuting, slicing, padding and summing differ only in the strides with which each
 * operand is stepped through; 0 is a broadcast (or summed) axis. What is done along a row is the
 * caller's loop.
 *
 * @module
 */

import type { Shape } from "../shape.ts";

/**
 * Is told where each operand's row starts and how far apart its elements lie. `at` is reused for
 * the next row.
 */
export type VisitRow = (length: number, at: readonly number[], step: readonly number[]) => void;

/**
 * Visits every row of a tensor of `shape` in row-major order, in rows as long as the strides of
 * the operands allow. `at` says where each operand starts.
 */
export function visitRows(
  shape: Shape,
  strides: readonly (readonly number[])[],
  start: readonly number[],
  visit: VisitRow,
): void {
  if (shape.includes(0)) return;
  const merged = mergeAxes(shape, strides);
  const outer = merged.lengths.length - 1;
  const length = merged.lengths[outer];
  const step = merged.strides.map((stride) => stride[outer]);
  const at = [...start];
  const position = new Array<number>(outer).fill(0);
  for (;;) {
    visit(length, at, step);
    let axis = outer - 1;
    for (; axis >= 0; axis--) {
      const wraps = ++position[axis] === merged.lengths[axis];
      const moved = wraps ? 1 - merged.lengths[axis] : 1;
      for (let i = 0; i < at.length; i++) at[i] += moved * merged.strides[i][axis];
      if (!wraps) break;
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Drops axes of length 1 and joins neighbours that every operand steps through as one. */
function mergeAxes(shape: Shape, strides: readonly (readonly number[])[]) {
  const lengths: number[] = [];
  const merged: number[][] = strides.map(() => []);
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const last = lengths.length - 1;
    const joins = last >= 0 &&
      strides.every((stride, i) => merged[i][last] === stride[axis] * length);
    if (joins) {
      lengths[last] *= length;
      merged.forEach((stride, i) => stride[last] = strides[i][axis]);
    } else {
      lengths.push(length);
      merged.forEach((stride, i) => stride.push(strides[i][axis]));
    }
  });
  if (lengths.length === 0) {
    lengths.push(1);
    merged.forEach((stride) => stride.push(0));
  }
  return { lengths, strides: merged };
}
