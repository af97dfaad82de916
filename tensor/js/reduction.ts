/**
 * Reductions. Sums run in float64 whatever the dtype, in an order that depends on shape alone.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { visitRows } from "./rows.ts";

export function sumTo(x: Operand<HostArray>, shape: Shape): HostArray {
  const source = x.buffer;
  const sums = new Float64Array(sizeOf(shape));
  visitRows(
    x.shape,
    [stridesOf(x.shape), broadcastStrides(shape, x.shape)],
    [0, 0],
    (length, [from, to], [_, toStep]) => {
      if (toStep === 0) {
        let sum = 0;
        for (let i = 0; i < length; i++) sum += source[from + i];
        sums[to] += sum;
      } else {
        for (let i = 0; i < length; i++) sums[to + i * toStep] += source[from + i];
      }
    },
  );
  const out = hostArray(x.dtype, sums.length);
  out.set(sums);
  return out;
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

/** True if x is larger than y, NaN being the largest of all. */
export function exceeds(x: number, y: number): boolean {
  return x > y || (Number.isNaN(x) && !Number.isNaN(y));
}
