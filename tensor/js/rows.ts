/**
 * Walking tensors that lie in memory at any strides, row by row.
 *
 * Broadcasting, permuting, slicing, padding and summing differ only in the strides with which each
 * operand is stepped through; 0 is a broadcast (or summed) axis. What is done along a row is the
 * caller's loop.
 *
 * @module
 */

import type { HostArray } from "../device.ts";
import type { Shape } from "../shape.ts";

/** An operand of a walk, and where its current row lies. */
export interface Cursor {
  readonly buffer: HostArray;
  readonly strides: readonly number[];
  /** Where the row's first element is; before the walk, where the operand's first element is. */
  at: number;
  /** How far apart the row's elements are. */
  step: number;
}

export function cursor(buffer: HostArray, strides: readonly number[], start = 0): Cursor {
  return { buffer, strides, at: start, step: 0 };
}

/**
 * Visits a tensor of `shape` in row-major order, in rows as long as the strides of all operands
 * allow.
 */
export function visitRows(
  shape: Shape,
  operands: readonly Cursor[],
  visit: (length: number) => void,
): void {
  if (shape.includes(0)) return;
  const axes = mergedAxes(shape, operands);
  const { length, steps } = axes.pop() ?? { length: 1, steps: operands.map(() => 0) };
  operands.forEach((operand, i) => operand.step = steps[i]);
  const position = axes.map(() => 0);
  for (;;) {
    visit(length);
    let axis = axes.length - 1;
    while (axis >= 0 && position[axis] === axes[axis].length - 1) {
      rewind(operands, axes[axis].steps, position[axis]);
      position[axis--] = 0;
    }
    if (axis < 0) return;
    advance(operands, axes[axis].steps);
    position[axis]++;
  }
}

function advance(operands: readonly Cursor[], steps: readonly number[]): void {
  for (let i = 0; i < operands.length; i++) operands[i].at += steps[i];
}

function rewind(operands: readonly Cursor[], steps: readonly number[], times: number): void {
  for (let i = 0; i < operands.length; i++) operands[i].at -= times * steps[i];
}

interface Axis {
  length: number;
  /** Each operand's stride. */
  steps: readonly number[];
}

/** The axes longer than 1, neighbours joined where every operand steps through them as one. */
function mergedAxes(shape: Shape, operands: readonly Cursor[]): Axis[] {
  const axes: Axis[] = [];
  shape.forEach((length, axis) => {
    if (length === 1) return;
    const steps = operands.map(({ strides }) => strides[axis]);
    const outer = axes.at(-1);
    if (outer !== undefined && outer.steps.every((step, i) => step === steps[i] * length)) {
      outer.length *= length;
      outer.steps = steps;
    } else {
      axes.push({ length, steps });
    }
  });
  return axes;
}
