/**
 * Sums over the middle axis of [outer, length, inner], by programs in which no invocation waits for
 * another: lanes beside each other read elements beside each other, and each sums some of its column.
 *
 * A column is cut by its shape alone, and within an invocation four elements are added to each other
 * before they are added to the sum, so that roundings are few: of a million numbers the sum is off by less
 * than 1e-6 of the sum of their magnitudes.
 *
 * @module
 */

import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram, programFamily } from "../program.ts";

/** The type of an element. */
export type Type = "f32" | "i32";

/** How an axis of `length` is summed between others. */
export interface Axes {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

/** How [outer, length, inner] becomes [outer, left, inner]. */
export interface Cut {
  /** What is left of the length. */
  readonly left: number;
  /** Columns side by side are `fold` pieces of each of the `inner` ones. */
  readonly fold: number;
  /** Pieces of a column one after the other. */
  readonly blocks: number;
  /** Elements in a piece, at most. */
  readonly steps: number;
}

/** The most elements that one invocation adds, and about how many it adds where there are more. */
const MOST_STEPS = 128;
const USUAL_STEPS = 64;

/** Invocations side by side that a GPU reads for at once, times four elements for each. */
const WIDTH = 256;

/** How a column is cut; follows from shape alone. */
export function cutOf({ length, inner }: Axes): Cut {
  const isRow = inner === 1;
  const most = isRow ? 4 * MOST_STEPS : MOST_STEPS;
  if (length <= most) return { left: 1, fold: 1, blocks: 1, steps: length };
  const pieces = Math.ceil(length / USUAL_STEPS);
  const widest = Math.ceil(WIDTH / inner);
  const fold = Math.ceil(Math.min(widest, pieces) / 4) * 4;
  const blocks = Math.ceil(pieces / fold);
  const steps = Math.ceil(length / (fold * blocks));
  return { left: fold * blocks, fold, blocks, steps };
}

/** Sums along the middle axis; the result is [outer, left, inner]. Nothing is empty. */
export function sumRuns(
  gpu: Gpu,
  x: WebgpuBuffer,
  type: Type,
  axes: Axes,
  { left, fold, blocks, steps }: Cut,
): WebgpuBuffer {
  const { outer, length, inner } = axes;
  const out = gpu.allocateBytes(4 * outer * left * inner);
  const run = length * inner;
  const width = fold * inner;
  if (width === 1) {
    const isByFours = run % 4 === 0;
    gpu.each(rowProgram(type, isByFours), outer, { xs: x, out }, {
      run: isByFours ? run / 4 : run,
    });
    return out;
  }
  const isByFours = run % 4 === 0 && width % 4 === 0;
  const unit = isByFours ? 4 : 1;
  gpu.each(columnProgram(type, isByFours), outer * blocks * width / unit, { xs: x, out }, {
    run: run / unit,
    width: width / unit,
    blocks,
    steps,
  });
  return out;
}

/** WGSL that adds elements `first`, `first + stride` and so on below `end` to `sum`. */
const ADDING = `
  var at = first;
  for (; at + 3 * stride < end; at += 4 * stride) {
    sum += (xs[at] + xs[at + stride]) + (xs[at + 2 * stride] + xs[at + 3 * stride]);
  }
  for (; at < end; at += stride) { sum += xs[at]; }`;

const rowProgram = programFamily((type: Type, isByFours: boolean) => {
  const elements = elementsOf(type, isByFours);
  const total = isByFours ? "(sum.x + sum.y) + (sum.z + sum.w)" : "sum";
  return eachProgram({
    name: `sums of rows of ${elements}`,
    reads: { xs: elements },
    writes: { out: type },
    numbers: { run: "u32" },
    body: `
  let first = i * u.run;
  let end = first + u.run;
  let stride = 1u;
  var sum = ${elements}();${ADDING}
  out[i] = ${total};`,
  });
});

const columnProgram = programFamily((type: Type, isByFours: boolean) => {
  const elements = elementsOf(type, isByFours);
  return eachProgram({
    name: `sums of columns of ${elements}`,
    reads: { xs: elements },
    writes: { out: elements },
    numbers: { run: "u32", width: "u32", blocks: "u32", steps: "u32" },
    body: `
  let column = i % u.width;
  let block = i / u.width;
  let start = (block / u.blocks) * u.run;
  let inRun = (block % u.blocks) * u.steps * u.width;
  let first = start + inRun + column;
  let end = start + min(inRun + u.steps * u.width, u.run);
  let stride = u.width;
  var sum = ${elements}();${ADDING}
  out[i] = sum;`,
  });
});

function elementsOf(type: Type, isByFours: boolean) {
  if (!isByFours) return type;
  return type === "f32" ? "vec4f" : "vec4i";
}
