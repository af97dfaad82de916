/**
 * Matrix product.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { addProduct, fillLeft, leftMatrix } from "./product.ts";
import { visitRows } from "./rows.ts";

export function matmul(x: Operand<HostArray>, y: Operand<HostArray>, shape: Shape): HostArray {
  const [M, K] = x.shape.slice(-2);
  const N = y.shape[y.shape.length - 1];
  const out = hostArray(x.dtype, sizeOf(shape));
  const left = leftMatrix(M, K);
  const right = panels(K, N);
  const batch = shape.slice(0, -2);
  const strides = [x.shape, y.shape].map((from) => broadcastStrides(from.slice(0, -2), batch));
  visitRows(
    batch,
    [stridesOf(batch), ...strides],
    [0, 0, 0],
    (length, [to, xAt, yAt], [toStep, xStep, yStep]) => {
      for (let i = 0; i < length; i++) {
        fillLeft(left, x.buffer, (xAt + i * xStep) * M * K, K, 1);
        right.fill(y.buffer, (yAt + i * yStep) * K * N);
        addProduct(left, right.numbers, right.row, right.column, out, (to + i * toStep) * M * N);
      }
    },
  );
  return out;
}

/** Room for a K×N matrix cut into panels of 4 columns, so that the product reads memory in order. */
function panels(K: number, N: number) {
  const numbers = new Float64Array(K * (N + 3));
  const row = Int32Array.from({ length: K }, (_, k) => 4 * k);
  const column = Int32Array.from({ length: N }, (_, j) => (j - j % 4) * K + j % 4);
  const fill = (matrix: HostArray, start: number) => {
    for (let k = 0; k < K; k++) {
      const from = start + k * N;
      for (let j = 0; j < N; j++) numbers[4 * k + column[j]] = matrix[from + j];
    }
  };
  return { numbers, row, column, fill };
}
