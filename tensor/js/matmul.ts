/**
 * Matrix product.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { addProduct, fillLeft, leftMatrix } from "./product.ts";
import { cursor, visitRows } from "./rows.ts";

export function matmul(x: Operand<HostArray>, y: Operand<HostArray>, shape: Shape): HostArray {
  const [M, K] = x.shape.slice(-2);
  const N = y.shape[y.shape.length - 1];
  const out = hostArray(x.dtype, sizeOf(shape));
  const left = leftMatrix(M, K);
  const right = panels(K, N);
  const batch = shape.slice(0, -2);
  const from = cursor(x.buffer, broadcastStrides(x.shape.slice(0, -2), batch));
  const by = cursor(y.buffer, broadcastStrides(y.shape.slice(0, -2), batch));
  const to = cursor(out, stridesOf(batch));
  visitRows(batch, [from, by, to], (length) => {
    for (let i = 0; i < length; i++) {
      fillLeft(left, x.buffer, (from.at + i * from.step) * M * K);
      right.fill(y.buffer, (by.at + i * by.step) * K * N);
      addProduct(left, right.numbers, right.row, right.column, out, (to.at + i * to.step) * M * N);
    }
  });
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
