import { launch } from "../../tensor/launch.ts";
import { formatShape, normalizeAxes, normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";

/**
 * The axes in another order: axis i of the result is axis `axes[i]` of x.
 *
 * Derivative: gx = g with the axes put back.
 *
 * @throws {RangeError} if `axes` does not name every axis of x once.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { permute, zeros } from "../../mod.ts";
 *
 * deepEqual(permute(zeros([2, 3, 4]), [2, 0, 1]).shape, [4, 2, 3]);
 * ```
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  const rank = x.shape.length;
  if (normalizeAxes("permute", axes, rank).length !== rank) {
    throw new RangeError(
      `Cannot permute ${formatShape(x.shape)} by ${
        formatShape(axes)
      }: every axis must be named once`,
    );
  }
  const order = axes.map((axis) => normalizeAxis("permute", axis, rank));
  const shape = order.map((axis) => x.shape[axis]);
  const y = launch("permute", [x], shape, (kernels) => kernels.permute(x, order));
  return taped("permute", y, [derivative(x, [], (g) => permute(g, inverse(order)))]);
}

function inverse(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}
