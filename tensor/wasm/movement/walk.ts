/**
 * Walking over the outer axes of a copy, whatever their strides, in units that threads can share out.
 *
 * @module
 */

import { type Arguments, type Body, int, type Local, type Parameters } from "../assembler/mod.ts";
import { type Kernel, kernel, type Task } from "../kernel.ts";
import type { Machine } from "../machine.ts";

/** An axis of a copy: its length, and how many bytes apart its elements are on either side. */
export interface CopyAxis {
  readonly length: number;
  readonly fromStep: number;
  readonly toStep: number;
}

/** Where a walk is. */
export interface Unit {
  readonly to: Local<"heap">;
  readonly from: Local<"heap">;
  /** The position along the last axis but one. */
  readonly row: Local<"i32">;
  /** The position along the last axis. */
  readonly column: Local<"i32">;
}

/** A kernel that walks, once for two axes, which is most often enough, and once for four. */
export interface WalkKernel {
  readonly two: Kernel;
  readonly four: Kernel;
}

/** Both sides' beginnings and the last axes; the outermost axis's length follows from the units. */
const TWO_AXES = {
  to: "heap",
  from: "heap",
  units: "i32",
  unitsPerTask: "i32",
  toStep0: "i32",
  fromStep0: "i32",
  length1: "i32",
  toStep1: "i32",
  fromStep1: "i32",
} as const;

const FOUR_AXES = {
  ...TWO_AXES,
  length2: "i32",
  toStep2: "i32",
  fromStep2: "i32",
  length3: "i32",
  toStep3: "i32",
  fromStep3: "i32",
} as const;

/** Makes a kernel of what is done at each unit. */
export function walkKernel<P extends Parameters>(
  name: string,
  parameters: P,
  visit: (k: Body, args: Arguments<P>, unit: Unit) => void,
): WalkKernel {
  return {
    two: kernel(name, { ...TWO_AXES, ...parameters }, (k, args) => {
      walk(k, args, [
        { toStep: args.toStep0, fromStep: args.fromStep0 },
        { length: args.length1, toStep: args.toStep1, fromStep: args.fromStep1 },
      ], (unit) => visit(k, args, unit));
    }),
    four: kernel(name, { ...FOUR_AXES, ...parameters }, (k, args) => {
      walk(k, args, [
        { toStep: args.toStep0, fromStep: args.fromStep0 },
        { length: args.length1, toStep: args.toStep1, fromStep: args.fromStep1 },
        { length: args.length2, toStep: args.toStep2, fromStep: args.fromStep2 },
        { length: args.length3, toStep: args.toStep3, fromStep: args.fromStep3 },
      ], (unit) => visit(k, args, unit));
    }),
  };
}

interface Axis {
  /** Of all axes but the first. */
  readonly length?: Local<"i32">;
  readonly toStep: Local<"i32">;
  readonly fromStep: Local<"i32">;
}

type WalkArguments = Arguments<
  Pick<typeof TWO_AXES, "to" | "from" | "units" | "unitsPerTask"> & Task
>;

function walk(
  k: Body,
  args: WalkArguments,
  axes: readonly Axis[],
  visit: (unit: Unit) => void,
): void {
  const unit = k.let(args.task.times(args.unitsPerTask));
  const end = k.let(unit.plus(args.unitsPerTask).atMost(args.units));
  const rest = k.let(unit);
  const position = axes.map(() => k.local("i32"));
  for (let axis = axes.length - 1; axis > 0; axis--) {
    const length = axes[axis].length ?? int(1);
    k.set(position[axis], rest.modulo(length));
    k.set(rest, rest.dividedBy(length));
  }
  k.set(position[0], rest);

  // Offsets and not addresses are advanced: a wide address cannot be moved back by an i32.
  const sides = (["toStep", "fromStep"] as const).map((step) => {
    const offset = k.let(int(0));
    axes.forEach((axis, i) => k.advance(offset, position[i].times(axis[step])));
    // What leads from the end of an axis to the next position of the one around it.
    const carries = axes.map((axis, i) => {
      const inner = axes[i + 1];
      if (inner?.length === undefined) return axis[step];
      return k.let(axis[step].minus(inner.length.times(inner[step])));
    });
    return { offset, carries };
  });
  const to = k.local("heap");
  const from = k.local("heap");
  const advance = (axis: number): void => {
    const { length } = axes[axis];
    k.advance(position[axis], 1);
    for (const { offset, carries } of sides) k.advance(offset, carries[axis]);
    if (length === undefined) return;
    k.if(position[axis].equals(length), () => {
      k.set(position[axis], int(0));
      advance(axis - 1);
    });
  };

  k.while(() => unit.lessThan(end), () => {
    k.set(to, args.to.plus(sides[0].offset));
    k.set(from, args.from.plus(sides[1].offset));
    visit({ to, from, row: position[axes.length - 2], column: position[axes.length - 1] });
    k.advance(unit, 1);
    advance(axes.length - 1);
  });
}

const TASK_BYTES = 128 * 1024;
const NO_AXIS: CopyAxis = { length: 1, fromStep: 0, toStep: 0 };

/**
 * Runs a kernel that walks over axes (outermost first, none of length 0); those beyond four, which
 * are rare, are walked here.
 */
export function runWalk(
  machine: Machine,
  walking: WalkKernel,
  to: number,
  from: number,
  axes: readonly CopyAxis[],
  bytesPerUnit: number,
  rest: readonly number[],
): void {
  if (axes.length > 4) {
    const [{ length, fromStep, toStep }, ...inner] = axes;
    for (let i = 0; i < length; i++) {
      runWalk(machine, walking, to + i * toStep, from + i * fromStep, inner, bytesPerUnit, rest);
    }
    return;
  }
  let units = 1;
  for (const { length } of axes) units *= length;
  const unitsPerTask = Math.max(1, Math.ceil(TASK_BYTES / bytesPerUnit));
  const args = [to, from, units, unitsPerTask];
  const axisCount = axes.length <= 2 ? 2 : 4;
  for (let i = axes.length - axisCount; i < axes.length; i++) {
    const { length, toStep, fromStep } = axes[i] ?? NO_AXIS;
    if (args.length > 4) args.push(length);
    args.push(toStep, fromStep);
  }
  args.push(...rest);
  const kernel = axisCount === 2 ? walking.two : walking.four;
  machine.run(kernel, Math.ceil(units / unitsPerTask), args);
}
