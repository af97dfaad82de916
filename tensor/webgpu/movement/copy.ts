/**
 * Copying elements from some places to others, each gone through by strides of its own. Elements are
 * copied as bits, so that their type does not matter.
 *
 * @module
 */

import { type Shape, sizeOf } from "../../shape.ts";
import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram, programFamily } from "../program.ts";
import { joinedWalk, type Walk, walkCode, walkNumbers, walkNumberTypes } from "../walk.ts";

/** Where the elements of a shape lie in a buffer. */
export interface Places {
  readonly buffer: WebgpuBuffer;
  /** Of the first element. */
  readonly start: number;
  /** In elements, for each axis. */
  readonly strides: readonly number[];
}

/**
 * How an invocation finds what it writes: one element (`single`), or four neighbours that are read as
 * four neighbours (`fours`), as one element again and again (`repeated`), or each by itself (`apart`).
 */
type Course = "single" | "fours" | "repeated" | "apart";

const READING: Readonly<Record<Course, string>> = {
  single: "xs[at]",
  fours: "xs[at]",
  repeated: "vec4u(xs[at])",
  apart: "vec4u(xs[at], xs[at + u.inner], xs[at + 2 * u.inner], xs[at + 3 * u.inner])",
};

const OPERANDS = ["x", "out"];

const program = programFamily((axes: number, course: Course) =>
  eachProgram({
    name: `copy ${course} over ${axes}`,
    reads: { xs: course === "fours" ? "vec4u" : "u32" },
    writes: { out: course === "single" ? "u32" : "vec4u" },
    numbers: { ...walkNumberTypes(axes, OPERANDS), xStart: "u32", outStart: "u32", inner: "u32" },
    body: `${walkCode(axes, OPERANDS)}
  let at = xAt + u.xStart;
  out[outAt + u.outStart] = ${READING[course]};`,
  })
);

/** A walk over x and out, and where it begins in each. */
interface Plan {
  readonly course: Course;
  readonly walk: Walk;
  readonly xStart: number;
  readonly outStart: number;
  /** How far the elements of x that one invocation reads lie apart. */
  readonly inner: number;
}

/** Copies the elements of a shape from `x` to `out`, which must not be the same buffer. */
export function copy(gpu: Gpu, shape: Shape, x: Places, out: Places): void {
  const { course, walk, ...numbers } = planned(shape, x, out);
  gpu.each(
    program(walk.lengths.length, course),
    sizeOf(walk.lengths),
    { xs: x.buffer, out: out.buffer },
    { ...walkNumbers(walk, OPERANDS), ...numbers },
  );
}

function planned(shape: Shape, x: Places, out: Places): Plan {
  const walk = joinedWalk(shape, [x.strides, out.strides]);
  const starts = { xStart: x.start, outStart: out.start };
  return plannedByFours({ course: "single", walk, ...starts, inner: 0 }, out.buffer);
}

/** The plan with four elements written at a time, if out lies so that this can be. */
function plannedByFours(plan: Plan, out: WebgpuBuffer): Plan {
  const { lengths, steps: [xSteps, outSteps] } = plan.walk;
  const last = lengths.length - 1;
  const length = reachesEnd(plan, out) ? Math.ceil(lengths[last] / 4) * 4 : lengths[last];
  if (length % 4 !== 0 || !areFours(outSteps, plan.outStart)) return plan;
  const inner = xSteps[last];
  const isFours = areFours(xSteps, plan.xStart);
  const ofX = isFours ? inFours(xSteps) : xSteps.with(last, 4 * inner);
  return {
    course: isFours ? "fours" : inner === 0 ? "repeated" : "apart",
    walk: { lengths: lengths.with(last, length / 4), steps: [ofX, inFours(outSteps)] },
    xStart: isFours ? plan.xStart / 4 : plan.xStart,
    outStart: plan.outStart / 4,
    inner,
  };
}

/** True of a walk along one axis to the end of out, where it may go on to a whole four. */
function reachesEnd({ walk, outStart }: Plan, out: WebgpuBuffer): boolean {
  return walk.lengths.length === 1 && 4 * (outStart + walk.lengths[0]) === out.bytes;
}

function areFours(steps: readonly number[], start: number): boolean {
  const last = steps.length - 1;
  return steps[last] === 1 && start % 4 === 0 &&
    steps.every((step, axis) => axis === last || step % 4 === 0);
}

function inFours(steps: readonly number[]): number[] {
  return steps.map((step, axis) => axis === steps.length - 1 ? step : step / 4);
}
