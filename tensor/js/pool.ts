/**
 * The positions that max-pooling chooses.
 *
 * @module
 */

import type { HostArray, Operand } from "../device.ts";
import { type Geometry, type Shape, sizeOf } from "../shape.ts";
import { exceeds } from "./reduction.ts";

/** A window that sees padding only chooses −1. */
export function argmaxPool(
  { shape: [, , H, W], buffer: x }: Operand<HostArray>,
  [kH, kW]: readonly [number, number],
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [N, C, oH, oW] = shape;
  const out = new Int32Array(sizeOf(shape)).fill(-1);
  for (let plane = 0; plane < N * C; plane++) {
    for (let p = 0; p < oH; p++) {
      const windows = { choice: out, start: (plane * oH + p) * oW, count: oW, stride: stride[1] };
      for (let i = 0; i < kH; i++) {
        const h = p * stride[0] - padding[0] + i * dilation[0];
        if (h < 0 || h >= H) continue;
        for (let j = 0; j < kW; j++) {
          const column = j * dilation[1] - padding[1];
          offerTap(x, plane * H * W, h * W, W, column, windows);
        }
      }
    }
  }
  return out;
}

interface WindowRow {
  /** The position chosen so far by each window of the row, −1 for none. */
  readonly choice: Int32Array;
  readonly start: number;
  readonly count: number;
  readonly stride: number;
}

/** Offers one tap to every window of a row: the pixel at `column` to the first, and so on. */
function offerTap(
  x: HostArray,
  plane: number,
  row: number,
  width: number,
  column: number,
  { choice, start, count, stride }: WindowRow,
): void {
  const first = Math.max(0, Math.ceil(-column / stride));
  const end = Math.min(count, Math.ceil((width - column) / stride));
  for (let q = first; q < end; q++) {
    const at = row + column + q * stride;
    const best = choice[start + q];
    choice[start + q] = best < 0
      ? at
      : best + (at - best) * exceeds(x[plane + at], x[plane + best]);
  }
}
