/**
 * Padding with zeros: each element of the result is one of x's or 0, and is written once.
 *
 * @module
 */

import { type Shape, sizeOf, stridesOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram, programFamily } from "../program.ts";
import { walkCode, walkNumbers, walkNumberTypes } from "../walk.ts";

/** An axis of the result, and the part of it that x fills. */
interface PaddedAxis {
  readonly length: number;
  readonly start: number;
  readonly inner: number;
}

const OPERANDS = ["x"];

const program = programFamily((axes: number, isByFours: boolean) => {
  const type = isByFours ? "vec4u" : "u32";
  const each = Array.from({ length: axes }, (_, axis) => axis);
  const insides = each.map((axis) => {
    const place = axis === 0 ? "rest" : `place${axis}`;
    return `(${place} - u.start${axis} < u.inner${axis})`;
  });
  const partTypes = each.flatMap((axis) => [`start${axis}`, `inner${axis}`])
    .map((name) => [name, "u32" as const]);
  return eachProgram({
    name: `pad ${axes} axes by ${type}`,
    reads: { xs: type },
    writes: { out: type },
    numbers: {
      ...walkNumberTypes(axes, OPERANDS),
      ...Object.fromEntries(partTypes),
      before: "u32",
    },
    body: `${walkCode(axes, OPERANDS)}
  if (${insides.join(" & ")}) {
    out[i] = xs[xAt - u.before];
  } else {
    out[i] = ${type}();
  }`,
  });
});

/** x placed at `start` in zeros of `shape`. */
export function pad(
  gpu: Gpu,
  x: WebgpuOperand,
  start: readonly number[],
  shape: Shape,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const single = joinedAxes(x.shape, start, shape);
  const { length, start: first, inner } = single[single.length - 1];
  const isByFours = [length, first, inner].every((number) => number % 4 === 0);
  const axes = isByFours ? single.with(-1, quarter(single[single.length - 1])) : single;
  const lengths = axes.map(({ length }) => length);
  const steps = stridesOf(axes.map(({ inner }) => inner));
  const numbers = axes.flatMap(({ start, inner }, axis) => [
    [`start${axis}`, start],
    [`inner${axis}`, inner],
  ]);
  gpu.each(program(axes.length, isByFours), sizeOf(lengths), { xs: x.buffer, out }, {
    ...walkNumbers({ lengths, steps: [steps] }, OPERANDS),
    ...Object.fromEntries(numbers),
    before: axes.reduce((sum, { start }, axis) => sum + start * steps[axis], 0),
  });
  return out;
}

/** There is at least one; axes that x fills are part of the one before. */
function joinedAxes(inner: Shape, start: readonly number[], shape: Shape): PaddedAxis[] {
  const axes: PaddedAxis[] = [{ length: 1, start: 0, inner: 1 }];
  shape.forEach((length, axis) => {
    const last = axes[axes.length - 1];
    if (inner[axis] === length) axes[axes.length - 1] = times(last, length);
    else axes.push({ length, start: start[axis], inner: inner[axis] });
  });
  const [first, ...others] = axes;
  return first.length === 1 && others.length > 0 ? others : axes;
}

function times({ length, start, inner }: PaddedAxis, factor: number): PaddedAxis {
  return { length: length * factor, start: start * factor, inner: inner * factor };
}

function quarter(axis: PaddedAxis): PaddedAxis {
  return times(axis, 1 / 4);
}
