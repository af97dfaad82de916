/**
 * Windows of images as kernels see them: tasks of whole rows of windows, and vectors of places.
 *
 * @module
 */

import type { Windows } from "../../shape.ts";
import {
  type Body,
  i16x8,
  i32x4,
  i8x16,
  int,
  type Local,
  select,
  v128,
  type Value,
  type Vector,
} from "../assembler/mod.ts";
import { paddedChannels } from "../buffer.ts";

/** True if windows lie side by side, none reaching into another, over the edge or past a pixel. */
export function tile({ kernel, geometry: { stride, padding, dilation } }: Windows): boolean {
  return [0, 1].every((i) => stride[i] === kernel[i] && padding[i] === 0 && dilation[i] === 1);
}

/** The parameters that tell a kernel about images and windows, and which rows of either a task gets. */
export const WINDOWS = {
  allRows: "i32",
  rowsPerTask: "i32",
  lanes: "i32",
  height: "i32",
  width: "i32",
  rows: "i32",
  columns: "i32",
  kernelHeight: "i32",
  kernelWidth: "i32",
  strideDown: "i32",
  strideRight: "i32",
  paddingTop: "i32",
  paddingLeft: "i32",
  dilationDown: "i32",
  dilationRight: "i32",
} as const;

export type WindowArguments = { readonly [Name in keyof typeof WINDOWS | "task"]: Local<"i32"> };

const TASK_BYTES = 128 * 1024;

/**
 * How many tasks there are, and their arguments: tasks of rows of windows, or of rows of pixels.
 */
export function windowTasks(
  windows: Windows,
  [batch, channels]: readonly number[],
  rowsOf: "windows" | "pixels",
): { tasks: number; args: number[] } {
  const { kernel, geometry: { stride, padding, dilation }, image, count } = windows;
  const lanes = paddedChannels(channels);
  const allRows = batch * (rowsOf === "windows" ? count : image)[0];
  const pixelsOfRow = rowsOf === "windows" ? stride[0] * image[1] : image[1];
  const rowsPerTask = Math.max(1, Math.round(TASK_BYTES / (4 * lanes * pixelsOfRow + 1)));
  return {
    tasks: Math.ceil(allRows / rowsPerTask),
    args: [
      allRows,
      rowsPerTask,
      lanes,
      ...image,
      ...count,
      ...kernel,
      ...stride,
      ...padding,
      ...dilation,
    ],
  };
}

/** Visits the task's rows: with the number of the row, its image's, and its own in the image. */
export function forRows(
  k: Body,
  { task, allRows, rowsPerTask }: WindowArguments,
  rowsOfImage: Local<"i32">,
  visit: (row: Local<"i32">, image: Local<"i32">, rowOfImage: Local<"i32">) => void,
): void {
  const first = task.times(rowsPerTask);
  k.for(first, first.plus(rowsPerTask).atMost(allRows), 1, (row) => {
    visit(row, k.let(row.dividedBy(rowsOfImage)), k.let(row.modulo(rowsOfImage)));
  });
}

/** Visits vectors of four channels, four vectors at a time and then one. */
export function forVectors(
  k: Body,
  lanes: Local<"i32">,
  visit: (vectors: 4 | 1) => void,
): void {
  k.for(0, lanes.shiftedRight(4), 1, () => visit(4));
  k.for(0, lanes.shiftedRight(2).and(3), 1, () => visit(1));
}

/** The places of four channels, or of sixteen, from bytes. */
export function loadPlaces(k: Body, at: Local<"heap">, vectors: 4 | 1): Local<"v128">[] {
  if (vectors === 1) {
    const pairs = i16x8.extendLowI8x16U(v128.load32Zero(at));
    return [k.let(i32x4.extendLowI16x8U(pairs))];
  }
  const bytes = k.let(v128.load(at));
  const low = k.let(i16x8.extendLowI8x16U(bytes));
  const high = k.let(i16x8.extendHighI8x16U(bytes));
  return [
    i32x4.extendLowI16x8U(low),
    i32x4.extendHighI16x8U(low),
    i32x4.extendLowI16x8U(high),
    i32x4.extendHighI16x8U(high),
  ].map((places) => k.let(places));
}

/** The converse of {@linkcode loadPlaces}. */
export function storePlaces(k: Body, at: Local<"heap">, places: readonly Vector[]): void {
  const [a, b, c, d] = places;
  const low = i16x8.narrowU(a, b ?? a);
  if (places.length === 1) k.storeLane0(at, i8x16.narrowU(low, low));
  else k.store(at, i8x16.narrowU(low, i16x8.narrowU(c, d)));
}

/** Along one axis, the pixels of a window that are in the image. */
export interface Seen {
  /** Where the window's first pixel would be. */
  readonly start: Local<"i32">;
  /** Which of its pixels is the first in the image. */
  readonly first: Local<"i32">;
  /** Which is the first beyond it. */
  readonly end: Local<"i32">;
}

export function seenPixels(
  k: Body,
  begin: Value<"i32">,
  dilation: Local<"i32">,
  kernel: Local<"i32">,
  length: Local<"i32">,
): Seen {
  const start = k.let(begin);
  const skipped = dilation.minus(1).minus(start).dividedBy(dilation);
  const reached = length.minus(1).minus(start).dividedBy(dilation).plus(1);
  return {
    start,
    first: k.let(select(start.lessThan(0), skipped, int(0))),
    end: k.let(reached.atMost(kernel)),
  };
}
