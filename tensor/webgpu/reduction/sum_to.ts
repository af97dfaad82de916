/**
 * Sums over any axes, one group of neighbouring axes after the other, the longest first.
 *
 * @module
 */

import { type Shape, sizeOf, stridesOf } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import { fill } from "../elementwise/flat.ts";
import type { Gpu } from "../gpu.ts";
import { copy } from "../movement/copy.ts";
import { cutOf, sumRuns } from "./sum_runs.ts";

/** Sums x over the axes along which `shape` would have to be broadcast to give x's shape. */
export function sumTo(gpu: Gpu, x: WebgpuOperand, shape: Shape): WebgpuBuffer {
  if (sizeOf(x.shape) === 0) return fill(gpu, 0, { shape, dtype: x.dtype });
  const type = x.dtype === "int32" ? "i32" : "f32";
  let groups = groupsOf(x.shape, shape);
  let sums = x.buffer;
  for (let at = longestSummed(groups); at >= 0; at = longestSummed(groups)) {
    const axes = {
      outer: lengthOf(groups.slice(0, at)),
      length: groups[at].length,
      inner: lengthOf(groups.slice(at + 1)),
    };
    const cut = cutOf(axes);
    const before = sums;
    sums = sumRuns(gpu, before, type, axes, cut);
    if (before !== x.buffer) gpu.free(before);
    groups = joined(groups.with(at, { length: cut.left, isSummed: true }));
  }
  return sums === x.buffer ? copied(gpu, x, shape) : sums;
}

/** Neighbouring axes that are all kept or all summed. */
interface Group {
  readonly length: number;
  readonly isSummed: boolean;
}

function groupsOf(from: Shape, shape: Shape): Group[] {
  const missing = from.length - shape.length;
  return joined(from.map((length, axis) => ({
    length,
    isSummed: axis < missing || shape[axis - missing] !== length,
  })));
}

function joined(groups: readonly Group[]): Group[] {
  const all: Group[] = [];
  for (const group of groups) {
    const last = all.at(-1);
    if (group.length === 1) continue;
    if (last?.isSummed !== group.isSummed) all.push(group);
    else all[all.length - 1] = { ...group, length: last.length * group.length };
  }
  return all;
}

/** −1 if nothing is left to sum. */
function longestSummed(groups: readonly Group[]): number {
  let longest = -1;
  groups.forEach(({ length, isSummed }, i) => {
    if (isSummed && (longest < 0 || length > groups[longest].length)) longest = i;
  });
  return longest;
}

function lengthOf(groups: readonly Group[]): number {
  return sizeOf(groups.map(({ length }) => length));
}

function copied(gpu: Gpu, { buffer }: WebgpuOperand, shape: Shape): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const strides = stridesOf(shape);
  copy(gpu, shape, { buffer, strides, start: 0 }, { buffer: out, strides, start: 0 });
  return out;
}
