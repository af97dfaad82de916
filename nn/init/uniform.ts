import type { TensorOptions } from "../../tensor/creation.ts";
import { type RandomKey, uniformNumbers } from "../../tensor/random.ts";
import { checkShape, type Shape, sizeOf } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { rounded } from "./initializer.ts";

/** Options of {@linkcode uniform}. */
export interface UniformOptions extends TensorOptions {
  /** The end that may be drawn: 0 unless told. */
  readonly a?: number;
  /** The end that is not reached, save by rounding, and may lie below `a`: 1 unless told. */
  readonly b?: number;
}

/**
 * Numbers a + u·(b − a), with u uniform in [0, 1).
 *
 * @throws {TypeError} if the dtype is int32.
 * @throws {RangeError} if an end is not finite, or the shape is invalid.
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * const drawn = initializers.uniform(randomKey(0), [100], { a: -2, b: 3 }).dataSync();
 * ok(drawn.every((x) => x >= -2 && x <= 3));
 * ```
 */
export function uniform(key: RandomKey, shape: Shape, options: UniformOptions = {}): Tensor {
  const { a = 0, b = 1 } = options;
  const action = "draw uniform numbers";
  checkShape(action, shape);
  if (!(Number.isFinite(a) && Number.isFinite(b))) {
    throw new RangeError(`Cannot ${action} from ${a} to ${b}: both ends must be finite`);
  }
  const numbers = uniformNumbers(key, sizeOf(shape)).map((u) => a + u * (b - a));
  return rounded(action, numbers, shape, options);
}
