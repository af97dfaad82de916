/**
 * How many inputs an output of a layer has, and how many outputs an input.
 *
 * @module
 */

import { checkShape, formatShape, type Shape, sizeOf } from "../../tensor/shape.ts";

/** Which of the two numbers keeps its variance: of activations going in, or gradients going back. */
export type FanMode = "fan_in" | "fan_out";

/**
 * The number of inputs to each output of a weight, and of outputs from each input.
 *
 * Shape: [out,in] for a linear layer, [out,in,kH,kW] for a convolution, whose kernel counts in both.
 *
 * @throws {TypeError} if the weight has fewer than two axes.
 * @throws {RangeError} if it has no elements.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { fansOf } from "./fan.ts";
 *
 * deepEqual(fansOf("initialise", [64, 6, 3, 3]), { fan_in: 54, fan_out: 576 });
 * ```
 */
export function fansOf(action: string, shape: Shape): Record<FanMode, number> {
  checkShape(action, shape);
  if (shape.length < 2) {
    throw new TypeError(
      `Cannot ${action} a tensor of shape ${formatShape(shape)}: ` +
        `it must be [out,in,...] to have inputs and outputs`,
    );
  }
  if (sizeOf(shape) === 0) {
    throw new RangeError(
      `Cannot ${action} a tensor of shape ${formatShape(shape)}: it has no elements`,
    );
  }
  const [outputs, inputs, ...kernel] = shape;
  return { fan_in: inputs * sizeOf(kernel), fan_out: outputs * sizeOf(kernel) };
}
