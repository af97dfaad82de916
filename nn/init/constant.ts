import { full, type TensorOptions } from "../../tensor/creation.ts";
import type { RandomKey } from "../../tensor/random.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** Options of {@linkcode constant}. */
export interface ConstantOptions extends TensorOptions {
  /** The number that is repeated: 0 unless told. */
  readonly value?: number;
}

/**
 * One number everywhere. The key is not used; it makes this an initialiser like the others.
 *
 * @throws {RangeError} if the shape is invalid.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * deepEqual([...initializers.constant(randomKey(0), [2], { value: 7 }).dataSync()], [7, 7]);
 * ```
 */
export function constant(_key: RandomKey, shape: Shape, options: ConstantOptions = {}): Tensor {
  return full(shape, options.value ?? 0, options);
}
