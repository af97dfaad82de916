/**
 * What an initialiser is, and what all of them share.
 *
 * @module
 */

import { tensor, type TensorOptions } from "../../tensor/creation.ts";
import type { RandomKey } from "../../tensor/random.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * Makes the first value of a parameter. Each one in this folder is such a function, with options of
 * its own; the same key and shape give the same numbers.
 */
export type Initializer = (key: RandomKey, shape: Shape, options?: TensorOptions) => Tensor;

/**
 * Puts float64 numbers into a tensor, rounded to its dtype, so that a float32 parameter is the
 * float64 one rounded.
 *
 * @throws {TypeError} if the dtype is int32.
 */
export function rounded(
  action: string,
  numbers: Float64Array<ArrayBuffer>,
  shape: Shape,
  { dtype = "float32", device }: TensorOptions,
): Tensor {
  if (dtype === "int32") {
    throw new TypeError(`Cannot ${action} as int32: use float32 or float64`);
  }
  return tensor(numbers, shape, { dtype, device });
}

/**
 * Checks that a number is finite and at least 0.
 *
 * @throws {RangeError} if it is not.
 */
export function checkNotNegative(action: string, name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new RangeError(
      `Cannot ${action}: ${name} must be a finite number from 0 up, got ${value}`,
    );
  }
}
