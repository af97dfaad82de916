/**
 * Bringing tensors into the layout that a kernel wants.
 *
 * @module
 */

import { sizeOf } from "../shape.ts";
import { paddedChannels, type WasmBuffer, type WasmOperand } from "./buffer.ts";
import type { Machine } from "./machine.ts";
import { transpose } from "./movement/transpose.ts";
import { positionsOf } from "./pool/positions.ts";

/** A tensor's elements in a layout; the caller frees them if they are temporary. */
export interface LaidOut {
  readonly buffer: WasmBuffer;
  readonly isTemporary: boolean;
}

/**
 * A tensor of rank 2 or more in a layout: its own block if that can be read so, else a converted copy.
 *
 * The buffer is to be read only; where both layouts agree it names the tensor's own block by the
 * layout wanted, so never return it as a result.
 */
export function inLayout(
  machine: Machine,
  x: WasmOperand,
  layout: "rowMajor" | "channelsLast",
): LaidOut {
  if (x.buffer.layout === layout) return { buffer: x.buffer, isTemporary: false };
  if (agree(x)) return { buffer: { ...x.buffer, layout }, isTemporary: false };
  return { buffer: toLayout(machine, x, layout), isTemporary: true };
}

/** Runs with a tensor in a layout, and frees the copy if it needed one. */
export function withLayout<R>(
  machine: Machine,
  x: WasmOperand,
  layout: "rowMajor" | "channelsLast",
  run: (buffer: WasmBuffer) => R,
): R {
  const { buffer, isTemporary } = inLayout(machine, x, layout);
  try {
    return run(buffer);
  } finally {
    if (isTemporary) machine.free(buffer);
  }
}

/** True if `rowMajor` and `channelsLast` are the same bytes: one pixel and no padding. */
function agree({ shape, buffer }: WasmOperand): boolean {
  return buffer.layout !== "windowPlaces" && shape.length >= 2 && shape[1] % 4 === 0 &&
    sizeOf(shape) === shape[0] * shape[1];
}

/** A copy in another layout than its own, in a new block. */
export function toLayout(
  machine: Machine,
  x: WasmOperand,
  layout: "rowMajor" | "channelsLast",
): WasmBuffer {
  const { shape, buffer: from } = x;
  if (from.layout === "windowPlaces") return positionsOf(machine, x);
  const to = machine.allocate(shape, layout);
  exchangeChannelsAndPixels(machine, x, to);
  return to;
}

function exchangeChannelsAndPixels(
  machine: Machine,
  { shape, buffer: from }: WasmOperand,
  to: WasmBuffer,
): void {
  const [N, C] = shape;
  const pixels = sizeOf(shape.slice(2));
  const padded = paddedChannels(C);
  if (N === 0) return;
  const wide = 4 * padded;
  const narrow = 4 * pixels;
  if (to.layout === "channelsLast") {
    const batch = { length: N, fromStep: C * narrow, toStep: pixels * wide };
    const matrix = { rows: C, columns: pixels, fromRow: narrow, toColumn: wide, isPadded: true };
    transpose(machine, to.address, from.address, [batch], matrix);
  } else {
    const batch = { length: N, fromStep: pixels * wide, toStep: C * narrow };
    const matrix = { rows: pixels, columns: C, fromRow: wide, toColumn: narrow, isPadded: false };
    transpose(machine, to.address, from.address, [batch], matrix);
  }
}
