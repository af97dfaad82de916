/**
 * Bringing an operand into the order in which products read it: the summed axis outermost, the other by
 * whole fours.
 *
 * @module
 */

import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram } from "../program.ts";
import { apart, fours } from "./fours.ts";
import type { Panel } from "./panel.ts";

/** Matrices [batch][depth][width] anywhere in a buffer, by their steps in elements. */
export interface Matrices {
  readonly buffer: WebgpuBuffer;
  /** Where they begin; 0 unless told. */
  readonly start?: number;
  readonly batch: number;
  readonly depth: number;
  readonly width: number;
  /** From one matrix to the next; 0 repeats one. */
  readonly batchStep: number;
  /** From one place of the summed axis to the next. */
  readonly depthStep: number;
  /** From one place of the other axis to the next. */
  readonly widthStep: number;
}

const packProgram = eachProgram({
  name: "pack",
  reads: { x: "f32" },
  writes: { out: "vec4f" },
  numbers: {
    start: "u32",
    fours: "u32",
    width: "u32",
    depth: "u32",
    batchStep: "u32",
    depthStep: "u32",
    widthStep: "u32",
  },
  body: `
  let first = i % u.fours * 4u;
  let rest = i / u.fours;
  let at = u.start + rest / u.depth * u.batchStep + rest % u.depth * u.depthStep;
  var four = vec4f();
  for (var j = 0u; j < 4u; j++) {
    if (first + j < u.width) { four[j] = x[at + (first + j) * u.widthStep]; }
  }
  out[i] = four;`,
});

/** Uses matrices as a product reads them: where they are if they lie so, else from a copy. */
export function withPanel<T>(gpu: Gpu, x: Matrices, use: (panel: Panel) => T): T {
  const { buffer, start = 0, batch, depth, width, batchStep, depthStep, widthStep } = x;
  const isByFours = widthStep === 1 &&
    [start, batchStep, depthStep].every((step) => step % 4 === 0);
  if (isByFours && !fallsIntoOneSet(x)) {
    const [inFours, rowStep, batchFours] = [start, depthStep, batchStep].map((step) => step / 4);
    return use({ buffer, start: inFours, rowStep, batchStep: batchFours });
  }
  const row = apart(fours(width));
  const copies = batchStep === 0 ? 1 : batch;
  const out = gpu.allocateBytes(copies * depth * row * 16);
  gpu.each(packProgram, copies * depth * row, { x: buffer, out }, {
    start,
    fours: row,
    width,
    depth,
    batchStep,
    depthStep,
    widthStep,
  });
  const step = batchStep === 0 ? 0 : depth * row;
  const used = use({ buffer: out, rowStep: row, batchStep: step });
  gpu.free(out);
  return used;
}

/** Rows of a large matrix a multiple of 1 KiB apart: a cache keeps few of them at a time. */
function fallsIntoOneSet({ depth, depthStep }: Matrices): boolean {
  return depthStep % 256 === 0 && depth * depthStep >= 2 ** 18;
}
