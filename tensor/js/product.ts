/**
 * The one inner loop behind matmul and the three faces of convolution.
 *
 * Its operands are float64 copies whatever the dtype of the tensors: the engine compiles a loop for
 * the array types that it has seen, and one that has met both float32 and float64 is slow for
 * either. Copying also spares the loop a conversion at each read, and sums run in float64.
 *
 * @module
 */

import type { HostArray } from "../device.ts";

/** A matrix as the left operand of {@linkcode addProduct}: pairs of rows, interleaved. */
export interface LeftMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly pairs: Float64Array;
}

/** Makes room for a {@linkcode LeftMatrix}; an odd last row is paired with zeros. */
export function leftMatrix(rows: number, columns: number): LeftMatrix {
  return { rows, columns, pairs: new Float64Array((rows + rows % 2) * columns) };
}

/** Copies a row-major matrix that begins at `start` into `left`. */
export function fillLeft(left: LeftMatrix, matrix: HostArray, start: number): void {
  const { rows, columns, pairs } = left;
  for (let i = 0; i < rows; i++) {
    const from = start + i * columns;
    const to = (i - i % 2) * columns + i % 2;
    for (let k = 0; k < columns; k++) pairs[to + 2 * k] = matrix[from + k];
  }
}

/**
 * Adds a matrix product to `out`, row-major from `start`: to element (i, j) the sum over k of
 * left[i, k] · right[row[k] + column[j]].
 *
 * The two tables make any strided window of an image a matrix without copying it. A tile of 2 by 4
 * sums stays in registers; `| 0` tells the engine that indices are 32-bit, which spares it an
 * overflow check for each (6 instead of 4.5 GFLOP/s).
 */
export function addProduct(
  left: LeftMatrix,
  right: Float64Array,
  row: Int32Array,
  column: Int32Array,
  out: HostArray,
  start: number,
): void {
  const { rows, columns: depth, pairs } = left;
  const width = column.length;
  for (let j = 0; j < width; j += 4) {
    const c0 = column[j];
    const c1 = column[Math.min(j + 1, width - 1)];
    const c2 = column[Math.min(j + 2, width - 1)];
    const c3 = column[Math.min(j + 3, width - 1)];
    for (let i = 0; i < rows; i += 2) {
      let s00 = 0, s01 = 0, s02 = 0, s03 = 0;
      let s10 = 0, s11 = 0, s12 = 0, s13 = 0;
      let at = i * depth;
      for (let k = 0; k < depth; k++) {
        const r = row[k];
        const x0 = pairs[at];
        const x1 = pairs[(at + 1) | 0];
        const y0 = right[(r + c0) | 0];
        const y1 = right[(r + c1) | 0];
        const y2 = right[(r + c2) | 0];
        const y3 = right[(r + c3) | 0];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
        at = (at + 2) | 0;
      }
      const to = start + i * width + j;
      const used = width - j;
      out[to] += s00;
      if (used > 1) out[to + 1] += s01;
      if (used > 2) out[to + 2] += s02;
      if (used > 3) out[to + 3] += s03;
      if (i + 1 === rows) continue;
      const below = to + width;
      out[below] += s10;
      if (used > 1) out[below + 1] += s11;
      if (used > 2) out[below + 2] += s12;
      if (used > 3) out[below + 3] += s13;
    }
  }
}
