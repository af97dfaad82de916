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
  /** How many elements the result and then each operand move on by; 0 where one is broadcast. */
  readonly steps: readonly number[];
}

const ONE_ELEMENT: Axis = { length: 1, steps: [0, 0, 0, 0] };

/** Runs the row kernel that fits; bit i of its index says whether operand i goes on along the row. */
export function runRows(
  machine: Machine,
  kernels: readonly Kernel[],
  out: number,
  shape: Shape,
  sources: readonly Source[],
): void {
  const axes = joinedAxes(shape, sources);
  const { length, steps } = axes[0] ?? ONE_ELEMENT;
  const addresses = [out];
  let courses = 0;
  for (let i = 0; i < sources.length; i++) {
    addresses.push(sources[i].address);
    courses += steps[i + 1] << i;
  }
  runOuter(machine, kernels[courses], length, axes, axes.length, addresses);
}

/** The kernel walks over two axes outside of the row; more are walked over here. */
function runOuter(
  machine: Machine,
  kernel: Kernel,
  length: number,
  axes: readonly Axis[],
  depth: number,
  addresses: readonly number[],
): void {
  if (depth > 3) {
    const { length: times, steps } = axes[depth - 1];
    for (let i = 0; i < times; i++) {
      const moved = addresses.map((address, operand) => address + 4 * i * steps[operand]);
      runOuter(machine, kernel, length, axes, depth - 1, moved);
    }
    return;
  }
  const rows = depth > 1 ? axes[1] : ONE_ELEMENT;
  const groups = depth > 2 ? axes[2] : ONE_ELEMENT;
  const count = rows.length * groups.length;
  const args = [...addresses, length, count, rows.length];
  for (let i = 1; i < addresses.length; i++) args.push(rows.steps[i], groups.steps[i]);
  machine.run(kernel, rowTasks(length, count), args);
}

/** The axes longer than 1, innermost first. */
function joinedAxes(shape: Shape, sources: readonly Source[]): Axis[] {
  const axes: Axis[] = [];
  const strides = [1, 1, 1, 1];
  for (let fromEnd = 1; fromEnd <= shape.length; fromEnd++) {
    const length = shape[shape.length - fromEnd];
    if (length === 1) continue;
    const steps = [strides[0]];
    strides[0] *= length;
    for (let i = 0; i < sources.length; i++) {
      const own = sources[i].shape;
      const isBroadcast = fromEnd > own.length || own[own.length - fromEnd] === 1;
      steps.push(isBroadcast ? 0 : strides[i + 1]);
      if (!isBroadcast) strides[i + 1] *= length;
    }
    const inner = axes[axes.length - 1];
    if (axes.length > 0 && continues(inner, steps)) inner.length *= length;
    else axes.push({ length, steps });
  }
  return axes;
}

/** True if stepping through an axis goes on where the inner one ends, for the result and operands. */
function continues(inner: Axis, steps: readonly number[]): boolean {
  for (let i = 0; i < steps.length; i++) {
    if (steps[i] !== inner.steps[i] * inner.length) return false;
  }
  return true;
}
