/**
 * Indexing along one axis: gather, and scatterAdd, its transpose.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { type Shape, sizeOf } from "../shape.ts";

export function gather(
  x: Operand<HostArray>,
  index: Operand<HostArray>,
  axis: number,
): HostArray {
  const out = hostArray(x.dtype, index.buffer.length);
  const length = x.shape[axis];
  const positions = chosenPositions("gather", index, axis, length);
  for (let i = 0; i < out.length; i++) out[i] = x.buffer[positions[i]];
  return out;
}

export function scatterAdd(
  g: Operand<HostArray>,
  index: Operand<HostArray>,
  axis: number,
  shape: Shape,
): HostArray {
  const out = hostArray(g.dtype, sizeOf(shape));
  const positions = chosenPositions("scatterAdd", index, axis, shape[axis]);
  for (let i = 0; i < positions.length; i++) out[positions[i]] += g.buffer[i];
  return out;
}

/** Where in a tensor of `length` along `axis` each element of `index` points. */
function chosenPositions(
  op: string,
  index: Operand<HostArray>,
  axis: number,
  length: number,
): Int32Array {
  const outer = sizeOf(index.shape.slice(0, axis));
  const inner = sizeOf(index.shape.slice(axis + 1));
  const chosen = index.buffer;
  const positions = new Int32Array(chosen.length);
  let i = 0;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < index.shape[axis]; j++) {
      for (let rest = 0; rest < inner; rest++, i++) {
        if (!(chosen[i] >= 0 && chosen[i] < length)) throw outside(op, axis, length, chosen[i]);
        positions[i] = (o * length + chosen[i]) * inner + rest;
      }
    }
  }
  return positions;
}

function outside(op: string, axis: number, length: number, index: number): RangeError {
  return new RangeError(
    `Cannot ${op} along axis ${axis}: an index must be from 0 to ${length - 1}, got ${index}`,
  );
}
