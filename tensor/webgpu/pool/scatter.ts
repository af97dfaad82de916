/**
 * scatterAdd at the positions that max-pooling chose, in one pass and without atomics: a pixel knows
 * which windows may have chosen it.
 *
 * @module
 */

import { type Shape, sizeOf, type Windows } from "../../shape.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { scatterWindows, windowNumbers } from "./sliding.ts";
import { isTiled, scatterTiles, tileNumbers } from "./tiles.ts";

/** The windows that an index was chosen by, if it is to serve planes [N,C,H·W] of floats, axis 2. */
export function windowsInPlanes(
  { shape: chosen, buffer: { windows } }: WebgpuOperand,
  axis: number,
  { shape, dtype }: Pick<WebgpuOperand, "shape" | "dtype">,
): Windows | undefined {
  const isPlanes = windows !== undefined && axis === 2 && shape.length === 3 &&
    shape[2] === sizeOf(windows.image) && chosen[2] === sizeOf(windows.count);
  return isPlanes && dtype === "float32" ? windows : undefined;
}

/** scatterAdd of g along axis 2 to `shape` [N,C,H·W], of an index that these windows chose. */
export function scatterToWindows(
  gpu: Gpu,
  g: WebgpuOperand,
  index: WebgpuBuffer,
  windows: Windows,
  shape: Shape,
): WebgpuBuffer {
  const out = gpu.allocate(shape);
  const buffers = { gs: g.buffer, index, out };
  if (isTiled(windows)) {
    gpu.each(scatterTiles(...windows.kernel), sizeOf(g.shape) / 4, buffers, tileNumbers(windows));
  } else {
    gpu.each(scatterWindows, sizeOf(shape), buffers, windowNumbers(windows));
  }
  return out;
}
