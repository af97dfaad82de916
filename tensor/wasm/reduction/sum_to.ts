/**
 * Sums over any axes of a tensor as it lies in memory, the longest first.
 *
 * @module
 */

import { type Shape, sizeOf } from "../../shape.ts";
import { channelsLastShape, type WasmBuffer, type WasmOperand } from "../buffer.ts";
import { toLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { clear } from "../movement/clear.ts";
import { stridedCopy } from "../movement/strided_copy.ts";
import { blocksOf, sumBlocks } from "./sums.ts";

/** Of a tensor of floats that is not `windowPlaces`. */
export function sumTo(machine: Machine, x: WasmOperand, shape: Shape): WasmBuffer {
  const isSummed = summedAxes(x.shape, shape);
  if (x.buffer.layout === "channelsLast") return sumImages(machine, x, isSummed, shape);
  const to = machine.allocate(shape);
  sumStored(machine, to, x.buffer, x.shape, isSummed);
  return to;
}

function summedAxes(from: Shape, shape: Shape): boolean[] {
  const missing = from.length - shape.length;
  const isSummed: boolean[] = [];
  for (let axis = 0; axis < from.length; axis++) {
    isSummed.push(axis < missing || (shape[axis - missing] === 1 && from[axis] !== 1));
  }
  return isSummed;
}

/** Stays `channelsLast` as long as there are pixels. */
function sumImages(
  machine: Machine,
  { shape: from, dtype, buffer }: WasmOperand,
  isSummed: readonly boolean[],
  shape: Shape,
): WasmBuffer {
  const stored = channelsLastShape(from);
  const [batch, channels, ...pixels] = isSummed;
  // The padding of a single channel adds nothing to it.
  if (channels || from[1] === 1) {
    const to = machine.allocate(shape);
    sumStored(machine, to, buffer, stored, [batch, ...pixels, true]);
    return to;
  }
  const kept = from.map((length, axis) => isSummed[axis] ? 1 : length);
  const to = machine.allocate(kept, "channelsLast");
  sumStored(machine, to, buffer, stored, [batch, ...pixels, false]);
  const hasPixels = sizeOf(kept.slice(2)) !== 1;
  if (hasPixels && shape.length === from.length) return to;
  if (!hasPixels && from[1] % 4 === 0) return { ...to, layout: "rowMajor" };
  const rows = toLayout(machine, { shape: kept, dtype, buffer: to }, "rowMajor");
  machine.free(to);
  return rows;
}

function sumStored(
  machine: Machine,
  to: WasmBuffer,
  from: WasmBuffer,
  stored: Shape,
  isSummed: readonly boolean[],
): void {
  if (stored.includes(0)) return clear(machine, to.address, to.bytes);
  sumGroups(machine, to.address, from.address, mergedGroups(stored, isSummed));
}

/** Neighbouring axes that are all kept or all summed. */
interface Group {
  length: number;
  readonly isSummed: boolean;
}

function mergedGroups(lengths: Shape, isSummed: readonly boolean[]): Group[] {
  const groups: Group[] = [];
  let last: Group | undefined;
  for (let axis = 0; axis < lengths.length; axis++) {
    const length = lengths[axis];
    if (length === 1) continue;
    if (last !== undefined && last.isSummed === isSummed[axis]) {
      last.length *= length;
    } else {
      last = { length, isSummed: isSummed[axis] };
      groups.push(last);
    }
  }
  return groups;
}

function sumGroups(machine: Machine, to: number, from: number, groups: readonly Group[]): void {
  const at = longestSum(groups);
  if (at < 0) return copyNumbers(machine, to, from, lengthOf(groups, 0, groups.length));
  const outer = lengthOf(groups, 0, at);
  const inner = lengthOf(groups, at + 1, groups.length);
  const { length } = groups[at];
  const fold = foldOf(length, inner);
  const axes = { outer, length: length / fold, inner: inner * fold };
  const left = blocksOf(axes) * fold;
  if (left === 1 && groups.every(({ isSummed }, i) => i === at || !isSummed)) {
    return sumBlocks(machine, to, from, axes);
  }
  const rest = groups.with(at, { length: left, isSummed: true });
  const partial = machine.scratchBlock(4 * outer * left * inner);
  sumBlocks(machine, partial.address, from, axes);
  const lengths = rest.map(({ length }) => length);
  const isSummed = rest.map(({ isSummed }) => isSummed);
  sumGroups(machine, to, partial.address, mergedGroups(lengths, isSummed));
  machine.free(partial);
}

function copyNumbers(machine: Machine, to: number, from: number, count: number): void {
  const steps = [4];
  stridedCopy(machine, [count], { address: to, steps }, { address: from, steps });
}

/** Of the longest group to be summed, −1 if there is none. */
function longestSum(groups: readonly Group[]): number {
  let longest = -1;
  for (let i = 0; i < groups.length; i++) {
    const { length, isSummed } = groups[i];
    if (isSummed && (longest < 0 || length > groups[longest].length)) longest = i;
  }
  return longest;
}

function lengthOf(groups: readonly Group[], first: number, end: number): number {
  let length = 1;
  for (let i = first; i < end; i++) length *= groups[i].length;
  return length;
}

/** By how much few long columns are cut, to be summed side by side in vectors. */
function foldOf(length: number, inner: number): number {
  if (inner === 1 || inner >= 16 || length < 256) return 1;
  let fold = 16;
  while (length % fold !== 0) fold /= 2;
  return fold;
}
