/**
 * Programs that go through tensors of one shape four elements at a time, whatever the shape.
 *
 * @module
 */

import type { DType, Result } from "../../device.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram, programFamily } from "../program.ts";
import type { GpuFunction } from "./functions.ts";

/** The type of four elements of a dtype. */
export type Four = "vec4f" | "vec4i";

/** The type in which four elements of a dtype are read and written. */
export function fourOf(dtype: DType): Four {
  return dtype === "int32" ? "vec4i" : "vec4f";
}

/** How many fours a tensor takes; the last may reach past its end, for buffers are that long. */
export function foursIn(shape: Shape): number {
  return Math.ceil(sizeOf(shape) / 4);
}

const unaryProgram = programFamily(
  (name: string, from: Four, to: Four, expression: string, declarations: string) =>
    eachProgram({
      name,
      reads: { xs: from },
      writes: { out: to },
      numbers: { parameter: "f32" },
      declarations,
      body: `
  let x = xs[i];
  out[i] = ${to}(${expression});`,
    }),
);

/** Applies a function to every element; the result has the dtype given, else x's. */
export function runUnary(
  gpu: Gpu,
  { name, expression, declarations = "" }: GpuFunction,
  x: WebgpuOperand,
  parameter = 0,
  dtype = x.dtype,
): WebgpuBuffer {
  const out = gpu.allocate(x.shape);
  const program = unaryProgram(name, fourOf(x.dtype), fourOf(dtype), expression, declarations);
  gpu.each(program, foursIn(x.shape), { xs: x.buffer, out }, { parameter });
  return out;
}

const fillProgram = programFamily((four: Four) =>
  eachProgram({
    name: "fill",
    reads: {},
    writes: { out: four },
    numbers: { value: four === "vec4i" ? "i32" : "f32" },
    body: `
  out[i] = ${four}(u.value);`,
  })
);

export function fill(gpu: Gpu, value: number, { shape, dtype }: Result): WebgpuBuffer {
  const out = gpu.allocate(shape);
  gpu.each(fillProgram(fourOf(dtype)), foursIn(shape), { out }, { value });
  return out;
}

const combineProgram = eachProgram({
  name: "combine",
  reads: { x: "vec4f", y: "vec4f" },
  writes: { out: "vec4f" },
  numbers: { a: "f32", b: "f32" },
  body: `
  out[i] = u.a * x[i] + u.b * y[i];`,
});

export function combine(
  gpu: Gpu,
  x: WebgpuOperand,
  a: number,
  y: WebgpuOperand,
  b: number,
): WebgpuBuffer {
  const out = gpu.allocate(x.shape);
  gpu.each(combineProgram, foursIn(x.shape), { x: x.buffer, y: y.buffer, out }, { a, b });
  return out;
}

const accumulateProgram = programFamily((four: Four) =>
  eachProgram({
    name: "accumulate",
    reads: { x: four },
    writes: { into: four },
    numbers: {},
    body: `
  into[i] += x[i];`,
  })
);

export function accumulate(gpu: Gpu, into: WebgpuOperand, x: WebgpuOperand): void {
  const program = accumulateProgram(fourOf(x.dtype));
  gpu.each(program, foursIn(x.shape), { x: x.buffer, into: into.buffer }, {});
}
