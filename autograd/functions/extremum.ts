import { formatShape, normalizeAxes, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { argmax } from "../ops/argmax.ts";
import { gather } from "../ops/gather.ts";
import { permute } from "../ops/permute.ts";
import { reshape } from "../ops/reshape.ts";
import { scale } from "../ops/scale.ts";

/**
 * The largest element over some axes, or over all.
 *
 * Shape: x without those axes; with length 1 in their place if `keepdim`.
 *
 * Derivative: g goes to the first maximum in row-major order (a gather at a constant place).
 *
 * @throws {RangeError} if an axis does not exist, is named twice, or there are no elements over it.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { max, tensor } from "../../mod.ts";
 *
 * deepEqual([...max(tensor([[1, 5], [7, 2]]), 1).dataSync()], [5, 7]);
 * ```
 */
export function max(x: Tensor, axes?: number | readonly number[], keepdim = false): Tensor {
  return largest("maximum", x, axes, keepdim);
}

function largest(
  called: "maximum" | "minimum",
  x: Tensor,
  axes: number | readonly number[] | undefined,
  keepdim: boolean,
): Tensor {
  const over = normalizeAxes(`take the ${called}`, axes, x.shape.length);
  const across = x.shape.map((_, axis) => axis).filter((axis) => !over.includes(axis));
  const remaining = across.map((axis) => x.shape[axis]);
  const count = sizeOf(over.map((axis) => x.shape[axis]));
  if (count === 0) {
    throw new RangeError(
      `Cannot take the ${called} of ${formatShape(x.shape)} over axes ${formatShape(over)}: ` +
        `there are no elements`,
    );
  }
  const rows = reshape(permute(x, [...across, ...over]), [sizeOf(remaining), count]);
  const best = gather(rows, reshape(argmax(rows), [sizeOf(remaining), 1]), 1);
  return reshape(
    best,
    keepdim ? x.shape.map((length, axis) => over.includes(axis) ? 1 : length) : remaining,
  );
}

/**
 * The smallest element over some axes, or over all: −max(−x).
 *
 * Shape: x without those axes; with length 1 in their place if `keepdim`.
 *
 * Derivative: g goes to the first minimum in row-major order.
 *
 * @throws {RangeError} if an axis does not exist, is named twice, or there are no elements over it.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { min, tensor } from "../../mod.ts";
 *
 * equal(min(tensor([3, -1, 2])).dataSync()[0], -1);
 * ```
 */
export function min(x: Tensor, axes?: number | readonly number[], keepdim = false): Tensor {
  return scale(largest("minimum", scale(x, -1), axes, keepdim), -1);
}
