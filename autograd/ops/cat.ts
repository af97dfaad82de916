import { launch } from "../../tensor/launch.ts";
import { formatShape, normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { slice } from "./slice.ts";

/**
 * Tensors put one after the other along an axis.
 *
 * Shape: equal but for the length of that axis.
 *
 * Derivative: each input gets its slice of g.
 *
 * @throws {TypeError} if there is no tensor, or the other axes differ.
 * @throws {RangeError} if there is no such axis.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { cat, tensor } from "../../mod.ts";
 *
 * deepEqual([...cat([tensor([1, 2]), tensor([3])], 0).dataSync()], [1, 2, 3]);
 * ```
 */
export function cat(xs: readonly Tensor[], axis: number): Tensor {
  const [first, ...others] = xs;
  if (first === undefined) {
    throw new TypeError("Cannot cat: at least one tensor is needed, got none");
  }
  const along = normalizeAxis("cat", axis, first.shape.length);
  for (const { shape } of others) {
    const fits = shape.length === first.shape.length &&
      shape.every((length, i) => i === along || length === first.shape[i]);
    if (!fits) {
      throw new TypeError(
        `Cannot cat ${formatShape(first.shape)} and ${formatShape(shape)} along axis ${along}: ` +
          `the other axes must be equal`,
      );
    }
  }
  const ends = xs.map(() => 0);
  const total = xs.reduce((end, x, i) => (ends[i] = end + x.shape[along]), 0);
  const shape = first.shape.with(along, total);
  const y = launch("cat", [first, ...others], shape, (kernels) => kernels.cat(xs, along, shape));
  return taped(
    "cat",
    y,
    xs.map((x, i) => {
      const start = shape.map((_, axis) => axis === along ? ends[i] - x.shape[along] : 0);
      return derivative(x, [], (g) => slice(g, start, x.shape));
    }),
  );
}
