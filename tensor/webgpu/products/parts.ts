/**
 * Sums too long for one invocation: parts of them are summed for themselves, then added in order.
 *
 * @module
 */

import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram, LONGEST_LOOP } from "../program.ts";
import { fours } from "./fours.ts";
import { type Extent, type Panel, runProduct } from "./panel.ts";
import { LONGEST_PRODUCT, splitsOf, tileFor } from "./plan.ts";

const addPartsProgram = eachProgram({
  name: "add parts",
  reads: { parts: "f32" },
  writes: { sum: "f32" },
  numbers: {
    first: "u32",
    last: "u32",
    partStep: "u32",
    rowStep: "u32",
    columns: "u32",
    start: "u32",
    isAdded: "u32",
  },
  body: `
  var at = i / u.columns * u.rowStep + i % u.columns;
  var total = 0.0;
  if (u.isAdded != 0u) { total = sum[u.start + i]; }
  at += u.first * u.partStep;
  for (var part = u.first; part < u.last; part++) {
    total += parts[at];
    at += u.partStep;
  }
  sum[u.start + i] = total;`,
});

/** Matrices that are parts of one: how many, how far apart, and how far apart their rows are. */
export interface Parts {
  readonly buffer: WebgpuBuffer;
  readonly count: number;
  readonly step: number;
  readonly rowStep: number;
}

/** Adds parts to a matrix of `rows` by `columns` that lies unbroken at `start` of `sum`. */
export function addParts(
  gpu: Gpu,
  { buffer, count, step, rowStep }: Parts,
  sum: WebgpuBuffer,
  { start = 0, rows, columns }: { start?: number; rows: number; columns: number },
): void {
  for (let first = 0; first < count; first += LONGEST_LOOP) {
    gpu.each(addPartsProgram, rows * columns, { parts: buffer, sum }, {
      first,
      last: Math.min(first + LONGEST_LOOP, count),
      partStep: step,
      rowStep,
      columns,
      start,
      isAdded: first > 0 ? 1 : 0,
    });
  }
}

/** Multiplies panels into matrices that lie unbroken at `start` of `out`, however long the sums are. */
export function runLongProduct(
  gpu: Gpu,
  a: Panel,
  b: Panel,
  out: WebgpuBuffer,
  start: number,
  extent: Extent,
): void {
  const { batch, rows, columns, depth } = extent;
  const size = rows * columns;
  const { splits, length } = splitsOf(depth, LONGEST_PRODUCT);
  if (splits <= 1) {
    const result = { buffer: out, start, rowStep: columns, batchStep: size };
    return runProduct(gpu, tileFor(gpu.limits, extent), a, b, result, extent);
  }
  const rowStep = fours(columns) * 4;
  const step = batch * rows * rowStep;
  const buffer = gpu.allocateBytes(splits * step * 4);
  for (let split = 0; split < splits; split++) {
    const first = split * length;
    const part = { ...extent, columns: rowStep, depth: Math.min(length, depth - first) };
    runProduct(
      gpu,
      tileFor(gpu.limits, part),
      { ...a, start: (a.start ?? 0) + first * a.rowStep },
      { ...b, start: (b.start ?? 0) + first * b.rowStep },
      { buffer, start: split * step, rowStep, batchStep: rows * rowStep },
      part,
    );
  }
  const parts = { buffer, count: splits, step, rowStep };
  addParts(gpu, parts, out, { start, rows: batch * rows, columns });
  gpu.free(buffer);
}
