/**
 * Xavier initialisation: activations and gradients keep about the same variance through a layer.
 *
 * Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
 * networks", AISTATS 2010, equation 16; as in PyTorch's `torch.nn.init`.
 *
 * @module
 */

import type { TensorOptions } from "../../tensor/creation.ts";
import type { RandomKey } from "../../tensor/random.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { fansOf } from "./fan.ts";
import { checkNotNegative } from "./initializer.ts";
import { normal } from "./normal.ts";
import { uniform } from "./uniform.ts";

/** Options of Xavier initialisation. */
export interface XavierOptions extends TensorOptions {
  /** The factor on the standard deviation: 1 unless told. */
  readonly gain?: number;
}

/**
 * Normal numbers of standard deviation gain · √(2 / (fan_in + fan_out)).
 *
 * Shape: [out,in] or [out,in,kH,kW].
 *
 * @throws {TypeError} if the shape has fewer than two axes, or the dtype is int32.
 * @throws {RangeError} if the gain is negative.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * deepEqual(initializers.xavierNormal(randomKey(0), [64, 6, 3, 3]).shape, [64, 6, 3, 3]);
 * ```
 */
export function xavierNormal(key: RandomKey, shape: Shape, options: XavierOptions = {}): Tensor {
  return normal(key, shape, { ...options, std: deviation(shape, options) });
}

/**
 * Uniform numbers of the same standard deviation: within ±gain · √(6 / (fan_in + fan_out)).
 *
 * Shape: [out,in] or [out,in,kH,kW].
 *
 * @throws {TypeError} if the shape has fewer than two axes, or the dtype is int32.
 * @throws {RangeError} if the gain is negative.
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * const drawn = initializers.xavierUniform(randomKey(0), [2, 4]).dataSync();
 * ok(drawn.every((x) => Math.abs(x) <= 1));
 * ```
 */
export function xavierUniform(key: RandomKey, shape: Shape, options: XavierOptions = {}): Tensor {
  const bound = Math.sqrt(3) * deviation(shape, options);
  return uniform(key, shape, { ...options, a: -bound, b: bound });
}

function deviation(shape: Shape, { gain = 1 }: XavierOptions): number {
  const action = "Xavier-initialise";
  checkNotNegative(action, "gain", gain);
  const { fan_in, fan_out } = fansOf(action, shape);
  return gain * Math.sqrt(2 / (fan_in + fan_out));
}
