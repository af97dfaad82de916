/**
 * The positions that max-pooling chooses.
 *
 * @module
 */

import type { HostArray, Operand } from "../device.ts";
import { type Geometry, type Shape, sizeOf } from "../shape.ts";
import { exceeds } from "./reduction.ts";

export function argmaxPool(
  { shape: [, , H, W], buffer: x }: Operand<HostArray>,
  kernel: readonly [number, number],
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [N, C, oH, oW] = shape;
  const rows = windowEdges(H, oH, kernel[0], stride[0], padding[0], dilation[0]);
  const columns = windowEdges(W, oW, kernel[1], stride[1], padding[1], dilation[1]);
  const out = new Int32Array(sizeOf(shape));
  for (let plane = 0; plane < N * C; plane++) {
    poolPlane(x, plane * H * W, W, rows, columns, dilation, out, plane * oH * oW);
  }
  return out;
}

/** A window that sees padding only chooses −1. */
function poolPlane(
  x: HostArray,
  start: number,
  width: number,
  rows: Edges,
  columns: Edges,
  [rowStep, columnStep]: readonly [number, number],
  out: Int32Array,
  outStart: number,
): void {
  let to = outStart;
  for (let p = 0; p < rows.first.length; p++) {
    for (let q = 0; q < columns.first.length; q++) {
      let best = -1;
      let largest = -Infinity;
      for (let h = rows.first[p]; h < rows.end[p]; h += rowStep) {
        for (let w = columns.first[q]; w < columns.end[q]; w += columnStep) {
          const value = x[start + h * width + w];
          if (best < 0 || exceeds(value, largest)) {
            best = h * width + w;
            largest = value;
          }
        }
      }
      out[to++] = best;
    }
  }
}

interface Edges {
  readonly first: Int32Array;
  readonly end: Int32Array;
}

/** Where along an axis of `length` each window first meets the image, and where it is past it. */
function windowEdges(
  length: number,
  windows: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): Edges {
  const first = new Int32Array(windows);
  const end = new Int32Array(windows);
  for (let i = 0; i < windows; i++) {
    const start = i * stride - padding;
    first[i] = start + dilation * Math.max(0, Math.ceil(-start / dilation));
    end[i] = Math.min(length, start + dilation * kernel);
  }
  return { first, end };
}
