/**
 * Broadcasting as rows: the axes of several operands, joined where all step through them as one.
 *
 * @module
 */

import type { Shape } from "../../shape.ts";
import type { Kernel } from "../kernel.ts";
import type { Machine } from "../machine.ts";
import { rowTasks } from "./rows.ts";

/** An operand in row-major order of a shape that broadcasts to the result's. */
export interface Source {
  readonly address: number;
  readonly shape: Shape;
}

interface Axis {
  length: number;
  /** How many elements each operand moves on by, 0 where it is broadcast; last the result. */
  readonly steps: readonly number[];
}

/** Runs the row kernel that fits; bit i of its index says whether operand i goes on along the row. */
export function runRows(
  machine: Machine,
  kernels: readonly Kernel[],
  out: number,
  shape: Shape,
  sources: readonly Source[],
): void {
  if (shape.includes(0)) return;
  const [row, ...outer] = joinedAxes(shape, [...sources.map((source) => source.shape), shape]);
  const courses = row.steps.slice(0, -1).reduce((bits, step, i) => bits + (step << i), 0);
  const addresses = [out, ...sources.map((source) => source.address)];
  runOuter(machine, kernels[courses], row.length, outer, addresses);
}

/** The kernel walks over two axes outside of the row; more are walked over here. */
function runOuter(
  machine: Machine,
  kernel: Kernel,
  length: number,
  axes: readonly Axis[],
  addresses: readonly number[],
): void {
  if (axes.length > 2) {
    const outermost = axes[axes.length - 1];
    const [outStep] = outermost.steps.slice(-1);
    for (let i = 0; i < outermost.length; i++) {
      const moved = addresses.map((address, operand) =>
        address + 4 * i * (operand === 0 ? outStep : outermost.steps[operand - 1])
      );
      runOuter(machine, kernel, length, axes.slice(0, -1), moved);
    }
    return;
  }
  const [rows, groups] = axes;
  const group = rows?.length ?? 1;
  const count = group * (groups?.length ?? 1);
  const steps = addresses.slice(1).flatMap((_, i) => [rows?.steps[i] ?? 0, groups?.steps[i] ?? 0]);
  machine.run(kernel, rowTasks(length, count), [...addresses, length, count, group, ...steps]);
}

/** The axes longer than 1, innermost first; one of length 1 if there is none. */
function joinedAxes(shape: Shape, operands: readonly Shape[]): Axis[] {
  const axes: Axis[] = [];
  const strides = operands.map(() => 1);
  for (let fromEnd = 1; fromEnd <= shape.length; fromEnd++) {
    const length = shape[shape.length - fromEnd];
    const steps = operands.map((operand, i) => {
      const own = operand[operand.length - fromEnd] ?? 1;
      const step = own === 1 ? 0 : strides[i];
      strides[i] *= own;
      return step;
    });
    if (length === 1) continue;
    const inner = axes.at(-1);
    if (inner !== undefined && steps.every((step, i) => step === inner.steps[i] * inner.length)) {
      inner.length *= length;
    } else axes.push({ length, steps });
  }
  return axes.length > 0 ? axes : [{ length: 1, steps: operands.map(() => 0) }];
}
