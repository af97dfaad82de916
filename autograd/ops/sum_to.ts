import { launch } from "../../tensor/launch.ts";
import {
  broadcastsTo,
  checkShape,
  formatShape,
  sameShape,
  type Shape,
} from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { broadcastTo } from "./broadcast_to.ts";

/**
 * x summed along the axes that a tensor of the given shape would have to be repeated along to get
 * x's shape.
 *
 * Derivative: gx = g repeated ({@linkcode broadcastTo}); the two are each other's transposes.
 *
 * @throws {TypeError} if the shape does not broadcast to x's.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { sumTo, tensor } from "../../mod.ts";
 *
 * deepEqual([...sumTo(tensor([[1, 2], [3, 4]]), [2, 1]).dataSync()], [3, 7]);
 * ```
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x.share();
  checkShape("sum", shape);
  if (!broadcastsTo(shape, x.shape)) {
    throw new TypeError(
      `Cannot sum ${formatShape(x.shape)} to ${formatShape(shape)}: ` +
        `the latter must broadcast to the former`,
    );
  }
  const y = launch("sumTo", [x], shape, (kernels) => kernels.sumTo(x, shape));
  return taped("sumTo", y, [derivative(x, [], (g) => broadcastTo(g, x.shape))]);
}

/** What {@linkcode sumTo} makes, or x's own handle if there is nothing to sum: for rules. */
export function summedTo(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : sumTo(x, shape);
}
