/**
 * The positions that max-pooling chooses.
 *
 * @module
 */

import type { HostArray, Operand } from "../device.ts";
import { type Geometry, type Shape, sizeOf } from "../shape.ts";
import { exceeds } from "./reduction.ts";

export function argmaxPool(
  x: Operand<HostArray>,
  kernel: readonly [number, number],
  { stride, padding, dilation }: Geometry,
  shape: Shape,
): HostArray {
  const [, , H, W] = x.shape;
  const [N, C, oH, oW] = shape;
  const out = new Int32Array(sizeOf(shape));
  let to = 0;
  for (let plane = 0; plane < N * C; plane++) {
    const start = plane * H * W;
    for (let p = 0; p < oH; p++) {
      for (let q = 0; q < oW; q++) {
        let best = -1;
        for (let i = 0; i < kernel[0]; i++) {
          const h = p * stride[0] - padding[0] + i * dilation[0];
          if (h < 0 || h >= H) continue;
          for (let j = 0; j < kernel[1]; j++) {
            const w = q * stride[1] - padding[1] + j * dilation[1];
            if (w < 0 || w >= W) continue;
            const at = h * W + w;
            if (best < 0 || exceeds(x.buffer[start + at], x.buffer[start + best])) best = at;
          }
        }
        out[to++] = best;
      }
    }
  }
  return out;
}
