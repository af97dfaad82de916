/**
 * Walking over the outer axes of a copy, whatever their strides, in units that threads can share out.
 *
 * @module
 */

import { type Arguments, type Body, int, type Local } from "../assembler/mod.ts";
import type { Kernel, Task } from "../kernel.ts";
import type { Machine } from "../machine.ts";

/** An axis of a copy: its length, and how many bytes apart its elements are on either side. */
export interface CopyAxis {
  readonly length: number;
  readonly fromStep: number;
  readonly toStep: number;
}

/**
 * The parameters of a kernel that walks: where both sides begin, four axes, and which units a task
 * gets. The outermost axis's length follows from the number of units.
 */
export const WALK = {
  to: "heap",
  from: "heap",
  toStep0: "i32",
  fromStep0: "i32",
  length1: "i32",
  toStep1: "i32",
  fromStep1: "i32",
  length2: "i32",
  toStep2: "i32",
  fromStep2: "i32",
  length3: "i32",
  toStep3: "i32",
  fromStep3: "i32",
  units: "i32",
  unitsPerTask: "i32",
} as const;

/** Where a walk is. */
export interface Unit {
  readonly to: Local<"heap">;
  readonly from: Local<"heap">;
  /** The position along the third axis. */
  readonly index2: Local<"i32">;
  /** The position along the fourth axis. */
  readonly index3: Local<"i32">;
}

/** Visits every unit of the task. */
export function walk(
  k: Body,
  args: Arguments<typeof WALK & Task>,
  visit: (unit: Unit) => void,
): void {
  const unit = k.let(args.task.times(args.unitsPerTask));
  const end = k.let(unit.plus(args.unitsPerTask).atMost(args.units));

  const index3 = k.let(unit.modulo(args.length3));
  const rest = k.let(unit.dividedBy(args.length3));
  const index2 = k.let(rest.modulo(args.length2));
  k.set(rest, rest.dividedBy(args.length2));
  const index1 = k.let(rest.modulo(args.length1));
  const index0 = rest.dividedBy(args.length1);
  // Offsets and not addresses are advanced: a wide address cannot be moved back by an i32.
  const side = (name: "to" | "from") => {
    const steps = [0, 1, 2, 3].map((axis) => args[`${name}Step${axis as 0 | 1 | 2 | 3}`]);
    const offset = k.let(
      index0.times(steps[0]).plus(index1.times(steps[1])).plus(index2.times(steps[2]))
        .plus(index3.times(steps[3])),
    );
    const carries = [
      k.let(steps[2].minus(args.length3.times(steps[3]))),
      k.let(steps[1].minus(args.length2.times(steps[2]))),
      k.let(steps[0].minus(args.length1.times(steps[1]))),
    ];
    return { offset, step: steps[3], carries };
  };
  const sides = [side("to"), side("from")];
  const to = k.local("heap");
  const from = k.local("heap");
  const carry = (level: number) => sides.forEach((s) => k.advance(s.offset, s.carries[level]));

  k.while(() => unit.lessThan(end), () => {
    k.set(to, args.to.plus(sides[0].offset));
    k.set(from, args.from.plus(sides[1].offset));
    visit({ to, from, index2, index3 });
    k.advance(unit, 1);
    k.advance(index3, 1);
    for (const { offset, step } of sides) k.advance(offset, step);
    k.if(index3.equals(args.length3), () => {
      k.set(index3, int(0));
      k.advance(index2, 1);
      carry(0);
      k.if(index2.equals(args.length2), () => {
        k.set(index2, int(0));
        k.advance(index1, 1);
        carry(1);
        k.if(index1.equals(args.length1), () => {
          k.set(index1, int(0));
          carry(2);
        });
      });
    });
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
  kernel: Kernel,
  to: number,
  from: number,
  axes: readonly CopyAxis[],
  bytesPerUnit: number,
  rest: readonly number[],
): void {
  if (axes.length > 4) {
    const [{ length, fromStep, toStep }, ...inner] = axes;
    for (let i = 0; i < length; i++) {
      runWalk(machine, kernel, to + i * toStep, from + i * fromStep, inner, bytesPerUnit, rest);
    }
    return;
  }
  const [a, b, c, d] = axes.length === 4
    ? axes
    : [...Array<CopyAxis>(4 - axes.length).fill(NO_AXIS), ...axes];
  const units = a.length * b.length * c.length * d.length;
  const unitsPerTask = Math.max(1, Math.ceil(TASK_BYTES / bytesPerUnit));
  const args = [
    to,
    from,
    a.toStep,
    a.fromStep,
    b.length,
    b.toStep,
    b.fromStep,
    c.length,
    c.toStep,
    c.fromStep,
    d.length,
    d.toStep,
    d.fromStep,
    units,
    unitsPerTask,
    ...rest,
  ];
  machine.run(kernel, Math.ceil(units / unitsPerTask), args);
}
