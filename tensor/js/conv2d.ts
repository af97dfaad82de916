/**
 * Two-dimensional cross-correlation and its two transposes.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { type Geometry, type Shape, sizeOf } from "../shape.ts";

export function conv2d(
  x: Operand<HostArray>,
  weight: Operand<HostArray>,
  geometry: Geometry,
  shape: Shape,
): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  visitTerms(x.shape, weight.shape, geometry, shape, (xAt, weightAt, outAt) => {
    out[outAt] += x.buffer[xAt] * weight.buffer[weightAt];
  });
  return out;
}

export function conv2dInput(
  g: Operand<HostArray>,
  weight: Operand<HostArray>,
  geometry: Geometry,
  shape: Shape,
): HostArray {
  const out = hostArray(g.dtype, sizeOf(shape));
  visitTerms(shape, weight.shape, geometry, g.shape, (xAt, weightAt, outAt) => {
    out[xAt] += g.buffer[outAt] * weight.buffer[weightAt];
  });
  return out;
}

export function conv2dWeight(
  x: Operand<HostArray>,
  g: Operand<HostArray>,
  geometry: Geometry,
  shape: Shape,
): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  visitTerms(x.shape, shape, geometry, g.shape, (xAt, weightAt, outAt) => {
    out[weightAt] += x.buffer[xAt] * g.buffer[outAt];
  });
  return out;
}

function visitTerms(
  [N, C, H, W]: Shape,
  [O, , kH, kW]: Shape,
  { stride, padding, dilation }: Geometry,
  [, , oH, oW]: Shape,
  visit: (xAt: number, weightAt: number, outAt: number) => void,
): void {
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      for (let c = 0; c < C; c++) {
        for (let i = 0; i < kH; i++) {
          for (let j = 0; j < kW; j++) {
            for (let p = 0; p < oH; p++) {
              const h = p * stride[0] - padding[0] + i * dilation[0];
              if (h < 0 || h >= H) continue;
              for (let q = 0; q < oW; q++) {
                const w = q * stride[1] - padding[1] + j * dilation[1];
                if (w < 0 || w >= W) continue;
                visit(
                  ((n * C + c) * H + h) * W + w,
                  ((o * C + c) * kH + i) * kW + j,
                  ((n * O + o) * oH + p) * oW + q,
                );
              }
            }
          }
        }
      }
    }
  }
}
