/**
 * Images, filters and windows as the kernels of products see them.
 *
 * @module
 */

import type { Geometry } from "../../shape.ts";

/** Images in channels-last order: [count, height, width, lanes]. */
export interface Images {
  readonly address: number;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly lanes: number;
}

/**
 * A bank of filters as a correlation reads it: `outs` filters of `ins` channels, so many floats from one
 * to the next; if `turned`, each by half a circle, its taps backwards.
 */
export interface FilterBank {
  readonly address: number;
  readonly outs: number;
  readonly ins: number;
  readonly outStride: number;
  readonly inStride: number;
  readonly turned: boolean;
}

/** Which numbers of the block at its address are a bank's, and in which order. */
export function formatBank({ outs, ins, outStride, inStride, turned }: FilterBank): string {
  return `${outs}×${ins} by ${outStride}, ${inStride}${turned ? ", turned" : ""}`;
}

/** A window and how it slides. The padding may be negative: windows then begin inside of the image. */
export interface Window extends Geometry {
  readonly size: readonly [rows: number, columns: number];
}

/** The number of taps of a window. */
export function tapsOf({ size }: Window): number {
  return size[0] * size[1];
}
