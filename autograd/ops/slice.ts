import { launch } from "../../tensor/launch.ts";
import { formatShape, type Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { pad } from "./pad.ts";

/**
 * The block of x that begins at `start` and has `shape`.
 *
 * Shape: `start` and `shape` have a number for each axis of x.
 *
 * Derivative: gx = g placed back into zeros ({@linkcode pad}); the two are each other's transposes.
 *
 * @throws {RangeError} if the block does not lie within x.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { slice, tensor } from "../../mod.ts";
 *
 * deepEqual([...slice(tensor([1, 2, 3, 4]), [1], [2]).dataSync()], [2, 3]);
 * ```
 */
export function slice(x: Tensor, start: readonly number[], shape: Shape): Tensor {
  checkBlock("slice", start, shape, x.shape);
  const from = [...start];
  const y = launch("slice", [x], shape, (kernels) => kernels.slice(x, from, shape));
  return taped("slice", y, [derivative(x, [], (g) => pad(g, from, x.shape))]);
}

/**
 * Checks that a block of `shape` at `start` lies within `whole`.
 *
 * @throws {RangeError} if it does not.
 */
export function checkBlock(
  op: string,
  start: readonly number[],
  shape: Shape,
  whole: Shape,
): void {
  const fits = start.length === whole.length && shape.length === whole.length &&
    whole.every((length, axis) =>
      Number.isInteger(start[axis]) && start[axis] >= 0 &&
      Number.isInteger(shape[axis]) && shape[axis] >= 0 && start[axis] + shape[axis] <= length
    );
  if (!fits) {
    throw new RangeError(
      `Cannot ${op}: a block of ${formatShape(shape)} at ${formatShape(start)} ` +
        `does not lie within ${formatShape(whole)}`,
    );
  }
}
