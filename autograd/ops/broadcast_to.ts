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
import { sumTo } from "./sum_to.ts";

/**
 * x repeated along its axes of length 1, and along new axes in front, to a given shape.
 *
 * Derivative: gx = g summed back ({@linkcode sumTo}); the two are each other's transposes.
 *
 * @throws {TypeError} if x does not broadcast to the shape.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { broadcastTo, tensor } from "../../mod.ts";
 *
 * deepEqual([...broadcastTo(tensor([1, 2]), [2, 2]).dataSync()], [1, 2, 1, 2]);
 * ```
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x.share();
  checkShape("broadcast", shape);
  if (!broadcastsTo(x.shape, shape)) {
    throw new TypeError(
      `Cannot broadcast ${formatShape(x.shape)} to ${formatShape(shape)}: ` +
        `axes must be equal or 1 when aligned from the right`,
    );
  }
  const y = launch("broadcastTo", [x], shape, (kernels) => kernels.broadcastTo(x, shape));
  return taped("broadcastTo", y, [derivative(x, [], (g) => sumTo(g, x.shape))]);
}
