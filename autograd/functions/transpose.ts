import { formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { permute } from "../ops/permute.ts";

/**
 * The last two axes exchanged.
 *
 * Derivative: of {@linkcode permute}.
 *
 * @throws {TypeError} if x has fewer than two axes.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { tensor, transpose } from "../../mod.ts";
 *
 * deepEqual([...transpose(tensor([[1, 2], [3, 4]])).dataSync()], [1, 3, 2, 4]);
 * ```
 */
export function transpose(x: Tensor): Tensor {
  if (x.shape.length < 2) {
    throw new TypeError(
      `Cannot transpose ${formatShape(x.shape)}: it needs two axes or more; add one with reshape()`,
    );
  }
  const axes = x.shape.map((_, axis) => axis);
  return permute(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
