/**
 * Where a tensor lies in memory, and in which order.
 *
 * @module
 */

import type { Operand } from "../device.ts";
import { type Shape, sizeOf, type Windows } from "../shape.ts";

/**
 * The order of a tensor's elements.
 *
 * - `rowMajor`: as its readers see it, four bytes each.
 * - `channelsLast`: a tensor [N,C,...] of floats as [N,...,P], where P is C rounded up to a multiple of
 *   four; the lanes from C to P are zero, always. Convolutions read and write it.
 * - `windowPlaces`: an int32 tensor of places of window maxima, as one byte each: the place within the
 *   window, row by row. Its shape in memory is that of `channelsLast`.
 */
export type Layout = "rowMajor" | "channelsLast" | "windowPlaces";

/** A block of the heap. */
export interface WasmBuffer {
  readonly address: number;
  readonly bytes: number;
  readonly layout: Layout;
  /** Of `windowPlaces`: the windows that the places are in. */
  readonly windows?: Windows;
}

/** A tensor as the kernels of this device see it. */
export type WasmOperand = Operand<WasmBuffer>;

/** The number of lanes that C channels take in `channelsLast`. */
export function paddedChannels(channels: number): number {
  return Math.ceil(channels / 4) * 4;
}

/** The lengths of the axes as they lie in memory for `channelsLast`. */
export function channelsLastShape([batch, channels, ...rest]: Shape): number[] {
  return [batch, ...rest, paddedChannels(channels)];
}

/** How many elements a layout stores for a shape, padding included. */
export function storedSize(layout: Layout, shape: Shape): number {
  return sizeOf(layout === "rowMajor" ? shape : channelsLastShape(shape));
}
