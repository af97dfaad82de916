/**
 * Reductions. Sums run in float64 whatever the dtype, in an order that depends on shape alone.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { cursor, visitRows } from "./rows.ts";

export function sumTo(x: Operand<HostArray>, shape: Shape): HostArray {
  const sums = new Float64Array(sizeOf(shape));
  const from = cursor(x.buffer, stridesOf(x.shape));
  const to = cursor(sums, broadcastStrides(shape, x.shape));
  visitRows(x.shape, [from, to], (length) => {
    if (to.step === 0) sums[to.at] += sumOfRow(from.buffer, from.at, length);
    else addRow(from.buffer, from.at, sums, to.at, length);
  });
  const out = hostArray(x.dtype, sums.length);
  out.set(sums);
  return out;
}

/** The sum of part of x, as four sums at once because each addition waits for the one before it. */
export function sumOfRow(x: HostArray, start: number, length: number): number {
  const end = start + length;
  let a = 0, b = 0, c = 0, d = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    a += x[i];
    b += x[i + 1];
    c += x[i + 2];
    d += x[i + 3];
  }
  for (; i < end; i++) a += x[i];
  return (a + b) + (c + d);
}

function addRow(
  x: HostArray,
  start: number,
  sums: Float64Array,
  sumsStart: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) sums[sumsStart + i] += x[start + i];
}

export function argmax(x: Operand<HostArray>): HostArray {
  const length = x.shape[x.shape.length - 1];
  const out = new Int32Array(sizeOf(x.shape.slice(0, -1)));
  for (let row = 0; row < out.length; row++) {
    const start = row * length;
    let best = 0;
    for (let i = 1; i < length; i++) {
      if (exceeds(x.buffer[start + i], x.buffer[start + best])) best = i;
    }
    out[row] = best;
  }
  return out;
}

/**
 * 1 if x is larger than y, NaN being the largest of all, else 0. A number, so that a caller whose
 * branch nobody could predict can multiply by it instead.
 */
export function exceeds(x: number, y: number): number {
  return Number(!(x <= y)) & Number(!Number.isNaN(y));
}
