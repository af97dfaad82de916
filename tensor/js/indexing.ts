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
  visitIndices("gather", index, axis, x.shape[axis], (at, chosen) => {
    out[at] = x.buffer[chosen];
  });
  return out;
}

export function scatterAdd(
  g: Operand<HostArray>,
  index: Operand<HostArray>,
  axis: number,
  shape: Shape,
): HostArray {
  const out = hostArray(g.dtype, sizeOf(shape));
  visitIndices("scatterAdd", index, axis, shape[axis], (at, chosen) => {
    out[chosen] += g.buffer[at];
  });
  return out;
}

/** Tells for each element of `index` the element that it chooses of a tensor `length` long there. */
function visitIndices(
  op: string,
  index: Operand<HostArray>,
  axis: number,
  length: number,
  visit: (at: number, chosen: number) => void,
): void {
  const outer = sizeOf(index.shape.slice(0, axis));
  const inner = sizeOf(index.shape.slice(axis + 1));
  const chosenLength = index.shape[axis];
  for (let o = 0, at = 0; o < outer; o++) {
    for (let j = 0; j < chosenLength; j++) {
      for (let i = 0; i < inner; i++, at++) {
        const chosen = index.buffer[at];
        if (!(chosen >= 0 && chosen < length)) {
          throw new RangeError(
            `Cannot ${op} along axis ${axis}: an index must be from 0 to ${length - 1}, ` +
              `got ${chosen}`,
          );
        }
        visit(at, (o * length + chosen) * inner + i);
      }
    }
  }
}
