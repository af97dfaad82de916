import { normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { slice } from "../ops/slice.ts";

/**
 * The consecutive pieces of a tensor along an axis, of the lengths given: {@linkcode cat} undone.
 *
 * @throws {RangeError} if there is no such axis or the lengths do not add up to its length.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { split, tensor } from "../../mod.ts";
 *
 * deepEqual(split(tensor([1, 2, 3]), [1, 2], 0).map((x) => x.shape), [[1], [2]]);
 * ```
 */
export function split(x: Tensor, lengths: readonly number[], axis: number): Tensor[] {
  const along = normalizeAxis("split", axis, x.shape.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total !== x.shape[along] || !lengths.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new RangeError(
      `Cannot split axis ${along} of length ${x.shape[along]} into ${lengths.join(" + ")}: ` +
        `whole numbers from 0 up that add up to it are needed`,
    );
  }
  let next = 0;
  return lengths.map((length) => {
    const start = x.shape.map((_, i) => i === along ? next : 0);
    next += length;
    return slice(x, start, x.shape.with(along, length));
  });
}
