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
  const missing = x.shape.length - shape.length;
  const isSummed = x.shape.map((length, axis) =>
    axis < missing || (shape[axis - missing] === 1 && length !== 1)
  );
  if (x.buffer.layout === "channelsLast") return sumImages(machine, x, isSummed, shape);
  const to = machine.allocate(shape);
  sumStored(machine, to, x.buffer, x.shape, isSummed);
  return to;
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
  const groups = merged(stored.map((length, axis) => ({ length, isSummed: isSummed[axis] })));
  sumGroups(machine, to.address, from.address, groups);
}

/** Neighbouring axes that are all kept or all summed. */
interface Group {
  readonly length: number;
  readonly isSummed: boolean;
}

function merged(axes: readonly Group[]): Group[] {
  const groups: Group[] = [];
  for (const axis of axes) {
    const last = groups.at(-1);
    if (axis.length === 1) continue;
    if (last === undefined || last.isSummed !== axis.isSummed) groups.push(axis);
    else groups[groups.length - 1] = { ...last, length: last.length * axis.length };
  }
  return groups;
}

function sumGroups(machine: Machine, to: number, from: number, groups: readonly Group[]): void {
  const at = longestSum(groups);
  if (at < 0) {
    const length = lengthOf(groups);
    return stridedCopy(machine, to, from, [{ length, fromStep: 4, toStep: 4 }]);
  }
  const outer = lengthOf(groups.slice(0, at));
  const inner = lengthOf(groups.slice(at + 1));
  const { length } = groups[at];
  const fold = foldOf(length, inner);
  const axes = { outer, length: length / fold, inner: inner * fold };
  const left = blocksOf(axes) * fold;
  const rest = merged(groups.with(at, { length: left, isSummed: true }));
  if (longestSum(rest) < 0) return sumBlocks(machine, to, from, axes);
  const partial = machine.scratchBlock(4 * outer * left * inner);
  sumBlocks(machine, partial.address, from, axes);
  sumGroups(machine, to, partial.address, rest);
  machine.free(partial);
}

function longestSum(groups: readonly Group[]): number {
  let longest = -1;
  groups.forEach(({ length, isSummed }, i) => {
    if (isSummed && (longest < 0 || length > groups[longest].length)) longest = i;
  });
  return longest;
}

function lengthOf(groups: readonly Group[]): number {
  return sizeOf(groups.map(({ length }) => length));
}

/** By how much few long columns are cut, to be summed side by side in vectors. */
function foldOf(length: number, inner: number): number {
  if (inner === 1 || inner >= 16 || length < 256) return 1;
  let fold = 16;
  while (length % fold !== 0) fold /= 2;
  return fold;
}
