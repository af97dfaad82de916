/**
 * Matrix product.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { visitRows } from "./rows.ts";

export function matmul(x: Operand<HostArray>, y: Operand<HostArray>, shape: Shape): HostArray {
  const [M, K] = x.shape.slice(-2);
  const N = y.shape[y.shape.length - 1];
  const out = hostArray(x.dtype, sizeOf(shape));
  const batch = shape.slice(0, -2);
  const strides = [x.shape, y.shape].map((from) => broadcastStrides(from.slice(0, -2), batch));
  visitRows(
    batch,
    [stridesOf(batch), ...strides],
    [0, 0, 0],
    (length, [to, xAt, yAt], [toStep, xStep, yStep]) => {
      for (let i = 0; i < length; i++) {
        multiply(
          x.buffer.subarray((xAt + i * xStep) * M * K),
          y.buffer.subarray((yAt + i * yStep) * K * N),
          out.subarray((to + i * toStep) * M * N),
          M,
          K,
          N,
        );
      }
    },
  );
  return out;
}

function multiply(x: HostArray, y: HostArray, out: HostArray, M: number, K: number, N: number) {
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x[i * K + k] * y[k * N + j];
      out[i * N + j] = sum;
    }
  }
}
