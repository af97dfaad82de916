/**
 * Walking over tensors that differ in their strides: axes that all step through as one are joined, so
 * that most walks have one axis or two.
 *
 * @module
 */

import type { Shape } from "../shape.ts";

/** A way through the positions of a shape: joined axes, and how far each operand moves along them. */
export interface Walk {
  /** Outermost first; there is at least one. */
  readonly lengths: readonly number[];
  /** For each operand, its steps in elements. */
  readonly steps: readonly (readonly number[])[];
}

/** Joins the axes of a shape that operands walk over by these strides. */
export function joinedWalk(shape: Shape, strides: readonly (readonly number[])[]): Walk {
  const lengths: number[] = [];
  const steps: number[][] = strides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis];
    if (length === 1) continue;
    const last = lengths.length - 1;
    const isOne = last >= 0 &&
      strides.every((own, operand) => steps[operand][last] === own[axis] * length);
    if (isOne) lengths[last] *= length;
    else lengths.push(length);
    strides.forEach((own, operand) => steps[operand][isOne ? last : last + 1] = own[axis]);
  }
  if (lengths.length > 0) return { lengths, steps };
  return { lengths: [1], steps: strides.map(() => [0]) };
}

/** The walk in steps of four elements along the last axis, if operands lie so that this can be. */
export function walkByFours({ lengths, steps }: Walk): Walk | undefined {
  const last = lengths.length - 1;
  if (lengths[last] % 4 !== 0) return undefined;
  const byFours: number[][] = [];
  for (const own of steps) {
    const inner = own[last];
    if (inner === 0) {
      byFours.push([...own]);
      continue;
    }
    if (inner !== 1 || own.some((step, axis) => axis !== last && step % 4 !== 0)) return undefined;
    byFours.push(own.map((step, axis) => axis === last ? 1 : step / 4));
  }
  return { lengths: lengths.with(last, lengths[last] / 4), steps: byFours };
}

/** A walk's numbers as a program takes them. */
export type WalkNumbers = Record<string, number>;

/** The types of {@linkcode walkNumbers}. */
export function walkNumberTypes(axes: number, operands: readonly string[]): Record<string, "u32"> {
  const names = Array.from({ length: axes }, (_, axis) => [
    ...(axis > 0 ? [`length${axis}`] : []),
    ...operands.map((operand) => `${operand}Step${axis}`),
  ]).flat();
  return Object.fromEntries(names.map((name) => [name, "u32"]));
}

/** The numbers of a walk for operands of these names. */
export function walkNumbers({ lengths, steps }: Walk, operands: readonly string[]): WalkNumbers {
  const numbers: WalkNumbers = {};
  for (let axis = 0; axis < lengths.length; axis++) {
    if (axis > 0) numbers[`length${axis}`] = lengths[axis];
    for (let i = 0; i < operands.length; i++) numbers[`${operands[i]}Step${axis}`] = steps[i][axis];
  }
  return numbers;
}

/** WGSL that finds where position `i` of a walk is in each operand: `let xAt`, from `u.xStep0` on. */
export function walkCode(axes: number, operands: readonly string[]): string {
  const lines = ["var rest = i;", ...operands.map((operand) => `var ${operand}At = 0u;`)];
  for (let axis = axes - 1; axis > 0; axis--) {
    lines.push(`let place${axis} = rest % u.length${axis};`, `rest /= u.length${axis};`);
    for (const x of operands) lines.push(`${x}At += place${axis} * u.${x}Step${axis};`);
  }
  for (const x of operands) lines.push(`${x}At += rest * u.${x}Step0;`);
  return lines.map((line) => `\n  ${line}`).join("");
}
