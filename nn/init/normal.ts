import type { TensorOptions } from "../../tensor/creation.ts";
import { normalNumbers, type RandomKey } from "../../tensor/random.ts";
import { checkShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkNotNegative, rounded } from "./initializer.ts";

/** Options of {@linkcode normal}. */
export interface NormalOptions extends TensorOptions {
  /** 0 unless told. */
  readonly mean?: number;
  /** The standard deviation: 1 unless told. */
  readonly std?: number;
}

/**
 * Normally distributed numbers of a mean and a standard deviation.
 *
 * @throws {TypeError} if the dtype is int32.
 * @throws {RangeError} if the mean is not finite, the deviation is negative, or the shape is invalid.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * const drawn = initializers.normal(randomKey(0), [2], { mean: 5, std: 0 });
 * deepEqual([...drawn.dataSync()], [5, 5]);
 * ```
 */
export function normal(key: RandomKey, shape: Shape, options: NormalOptions = {}): Tensor {
  const { mean = 0, std = 1 } = options;
  const action = "draw normal numbers";
  checkShape(action, shape);
  checkNotNegative(action, "std", std);
  if (!Number.isFinite(mean)) {
    throw new RangeError(`Cannot ${action}: mean must be a finite number, got ${mean}`);
  }
  const numbers = normalNumbers(key, sizeOf(shape)).map((z) => mean + std * z);
  return rounded(action, numbers, shape, options);
}
