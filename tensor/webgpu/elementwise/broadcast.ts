/**
 * Elementwise programs of several operands that are broadcast to one shape.
 *
 * @module
 */

import { broadcastStrides, type Shape, sizeOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram, programFamily } from "../program.ts";
import {
  joinedWalk,
  type Walk,
  walkByFours,
  walkCode,
  walkNumbers,
  walkNumberTypes,
} from "../walk.ts";
import { fourOf } from "./flat.ts";

/** What is made of an element of each operand: WGSL in `x`, `y`, `z`, and `vec`, the operands' type. */
export interface GpuOperation {
  readonly name: string;
  /** For four elements of a type: of "vec4f", "vec4i", "f32" or "i32". */
  readonly expression: (type: string) => string;
}

export const ADD: GpuOperation = { name: "add", expression: () => "x + y" };
export const MUL: GpuOperation = { name: "mul", expression: () => "x * y" };
export const GREATER: GpuOperation = {
  name: "greater",
  expression: (type) => `select(${type}(0), ${type}(1), x > y)`,
};
export const EQUAL: GpuOperation = {
  name: "equal",
  expression: (type) => `select(${type}(0), ${type}(1), x == y)`,
};
/** z where the mask x is 0, else y; a mask that is NaN is not 0. */
export const WHERE: GpuOperation = {
  name: "where",
  expression: (type) => `select(y, z, x == ${type}(0))`,
};

const OPERANDS = ["x", "y", "z"] as const;
type OperandName = typeof OPERANDS[number];

/**
 * A program that walks over `axes` joined axes. `courses` has a letter for each operand: `f` for one
 * that goes on by fours along the last axis, `r` for one that is repeated along it while the others do,
 * `s` where all go by single elements.
 */
const program = programFamily(
  (name: string, expression: string, type: string, axes: number, courses: string) => {
    const operands = OPERANDS.slice(0, courses.length);
    const four = type === "i32" ? "vec4i" : "vec4f";
    const isByFours = !courses.includes("s");
    const value = (x: OperandName, i: number) =>
      courses[i] === "r" ? `${four}(${x}s[${x}At])` : `${x}s[${x}At]`;
    return eachProgram({
      name: `${name} of ${courses} over ${axes}`,
      reads: Object.fromEntries(
        operands.map((x, i) => [`${x}s`, courses[i] === "f" ? four : type]),
      ) as Record<`${OperandName}s`, "f32">,
      writes: { out: isByFours ? four : type as "f32" },
      numbers: walkNumberTypes(axes, operands),
      body: `${walkCode(axes, operands)}
  ${operands.map((x, i) => `let ${x} = ${value(x, i)};`).join("\n  ")}
  out[i] = ${expression};`,
    });
  },
);

/** Runs an operation over operands broadcast to a shape. */
export function runBroadcast(
  gpu: Gpu,
  { name, expression }: GpuOperation,
  operands: readonly WebgpuOperand[],
  shape: Shape,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const size = sizeOf(shape);
  if (size === 0) return out;
  const single = joinedWalk(shape, operands.map((x) => broadcastStrides(x.shape, shape)));
  const byFours = walkByFours(paddedFlat(single));
  const walk = byFours ?? single;
  const courses = walk.steps.map((own) => {
    if (byFours === undefined) return "s";
    return own[own.length - 1] === 1 ? "f" : "r";
  }).join("");
  const four = fourOf(operands[0].dtype);
  const element = four === "vec4i" ? "i32" : "f32";
  const type = byFours === undefined ? element : four;
  const names = OPERANDS.slice(0, operands.length);
  const buffers = { out } as Record<`${OperandName}s` | "out", WebgpuBuffer>;
  names.forEach((x, i) => buffers[`${x}s`] = operands[i].buffer);
  gpu.each(
    program(name, expression(type), element, walk.lengths.length, courses),
    sizeOf(walk.lengths),
    buffers,
    walkNumbers(walk, names),
  );
  return out;
}

/** A walk along one axis may reach past its end to a whole four, for buffers are that long. */
function paddedFlat({ lengths, steps }: Walk): Walk {
  if (lengths.length > 1) return { lengths, steps };
  return { lengths: [Math.ceil(lengths[0] / 4) * 4], steps };
}
