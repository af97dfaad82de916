/**
 * Indexing along one axis: gather, and scatterAdd, its transpose.
 *
 * An index out of range cannot be refused here, for that would take a read-back: `gather` gives NaN
 * there (of int32, 0), and `scatterAdd` leaves it out.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import { fill, foursIn } from "../elementwise/flat.ts";
import type { Gpu } from "../gpu.ts";
import { scatterToWindows, windowsInPlanes } from "../pool/scatter.ts";
import { eachProgram, LONGEST_LOOP, programFamily } from "../program.ts";

/** The indexing kernels of a GPU. */
export function indexingKernels(gpu: Gpu): Pick<Kernels<WebgpuBuffer>, "gather" | "scatterAdd"> {
  return {
    gather: (x, index, axis) => gather(gpu, x, index, axis),
    scatterAdd: (g, index, axis, shape) => {
      const windows = windowsInPlanes(index, axis, { shape, dtype: g.dtype });
      return windows === undefined
        ? scatterAdd(gpu, g, index, axis, shape)
        : scatterToWindows(gpu, g, index.buffer, windows, shape);
    },
  };
}

/** The bits of a NaN, which WGSL has no literal for. */
const NAN_BITS = 0x7fc00000;

/** An index as [outer, along, inner], the middle axis being the one to choose along. */
interface Lines {
  readonly outer: number;
  readonly along: number;
  readonly inner: number;
}

function linesOf(shape: Shape, axis: number): Lines {
  return {
    outer: sizeOf(shape.slice(0, axis)),
    along: shape[axis],
    inner: sizeOf(shape.slice(axis + 1)),
  };
}

/** Bits are moved, whatever they mean. Four elements share one division. */
const gatherProgram = eachProgram({
  name: "gather",
  reads: { xs: "u32", index: "vec4i" },
  writes: { out: "vec4u" },
  numbers: { length: "i32", along: "u32", inner: "u32", missing: "u32" },
  declarations: `
fn chosenOf(chosen: i32, start: u32) -> u32 {
  if (chosen < 0 || chosen >= u.length) { return u.missing; }
  return xs[start + u32(chosen) * u.inner];
}`,
  body: `
  let line = 4u * i / u.inner;
  var rest = 4u * i - line * u.inner;
  let outer = line / u.along;
  var j = line - outer * u.along;
  var start = outer * u32(u.length) * u.inner;
  let chosen = index[i];
  let a = chosenOf(chosen.x, start + rest);${["b", "c", "d"].map(nextElement).join("")}
  out[i] = vec4u(a, b, c, d);`,
});

function nextElement(name: string, i: number): string {
  return `
  rest++;
  if (rest == u.inner) {
    rest = 0u;
    j++;
    if (j == u.along) { j = 0u; start += u32(u.length) * u.inner; }
  }
  let ${name} = chosenOf(chosen.${"yzw"[i]}, start + rest);`;
}

function gather(gpu: Gpu, x: WebgpuOperand, index: WebgpuOperand, axis: number): WebgpuBuffer {
  const out = gpu.allocate(index.shape);
  const { along, inner } = linesOf(index.shape, axis);
  const missing = x.dtype === "int32" ? 0 : NAN_BITS;
  gpu.each(
    gatherProgram,
    foursIn(index.shape),
    { xs: x.buffer, index: index.buffer, out },
    { length: x.shape[axis], along, inner, missing },
  );
  return out;
}

/** One invocation adds what goes to one line, in the order of the index, so that no two ever meet. */
const scatterProgram = programFamily((type: "f32" | "i32") =>
  eachProgram({
    name: `scatterAdd of ${type}`,
    reads: { g: type, index: "i32" },
    writes: { out: type },
    numbers: { length: "i32", along: "u32", inner: "u32", first: "u32", last: "u32" },
    body: `
  let outer = i / u.inner;
  let rest = i - outer * u.inner;
  let to = outer * u32(u.length) * u.inner + rest;
  var source = outer * u.along * u.inner + rest;
  source += u.first * u.inner;
  for (var j = u.first; j < u.last; j++) {
    let chosen = index[source];
    if (chosen >= 0 && chosen < u.length) { out[to + u32(chosen) * u.inner] += g[source]; }
    source += u.inner;
  }`,
  })
);

function scatterAdd(
  gpu: Gpu,
  g: WebgpuOperand,
  index: WebgpuOperand,
  axis: number,
  shape: Shape,
): WebgpuBuffer {
  const out = fill(gpu, 0, { shape, dtype: g.dtype });
  const { outer, along, inner } = linesOf(index.shape, axis);
  const program = scatterProgram(g.dtype === "int32" ? "i32" : "f32");
  for (let first = 0; first < along; first += LONGEST_LOOP) {
    const last = Math.min(first + LONGEST_LOOP, along);
    const buffers = { g: g.buffer, index: index.buffer, out };
    gpu.each(program, outer * inner, buffers, { length: shape[axis], along, inner, first, last });
  }
  return out;
}
