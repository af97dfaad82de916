/**
 * Kaiming initialisation: the variance is kept through a layer and the activation behind it.
 *
 * Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", ICCV 2015, equations 10 and 14; as in
 * PyTorch's `torch.nn.init`.
 *
 * @module
 */

import type { TensorOptions } from "../../tensor/creation.ts";
import type { RandomKey } from "../../tensor/random.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { type FanMode, fansOf } from "./fan.ts";
import { calculateGain, type Nonlinearity } from "./gain.ts";
import { normal } from "./normal.ts";
import { uniform } from "./uniform.ts";

/** What Kaiming initialisation makes up for; PyTorch's names and defaults. */
export interface KaimingOptions extends TensorOptions {
  /** The negative slope of `leaky_relu`: 0 unless told. */
  readonly a?: number;
  /** `"fan_in"` unless told. */
  readonly mode?: FanMode;
  /** `"leaky_relu"` unless told. */
  readonly nonlinearity?: Nonlinearity;
}

/**
 * Normal numbers of standard deviation gain / √fan.
 *
 * Shape: [out,in] or [out,in,kH,kW].
 *
 * @throws {TypeError} if the shape has fewer than two axes, or the dtype is int32.
 * @throws {RangeError} if mode or nonlinearity is not known.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * const options = { mode: "fan_out", nonlinearity: "relu" } as const;
 * deepEqual(initializers.kaimingNormal(randomKey(0), [8, 4], options).shape, [8, 4]);
 * ```
 */
export function kaimingNormal(key: RandomKey, shape: Shape, options: KaimingOptions = {}): Tensor {
  return normal(key, shape, { ...options, std: deviation(shape, options) });
}

/**
 * Uniform numbers of the same standard deviation: within ±√3 · gain / √fan.
 *
 * Shape: [out,in] or [out,in,kH,kW].
 *
 * @throws {TypeError} if the shape has fewer than two axes, or the dtype is int32.
 * @throws {RangeError} if mode or nonlinearity is not known.
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { initializers, randomKey } from "../../mod.ts";
 *
 * const drawn = initializers.kaimingUniform(randomKey(0), [8, 6]).dataSync();
 * ok(drawn.every((x) => Math.abs(x) <= 1));
 * ```
 */
export function kaimingUniform(key: RandomKey, shape: Shape, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * deviation(shape, options);
  return uniform(key, shape, { ...options, a: -bound, b: bound });
}

function deviation(shape: Shape, options: KaimingOptions): number {
  const { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" } = options;
  const fans = fansOf("Kaiming-initialise", shape);
  if (!Object.hasOwn(fans, mode)) {
    throw new RangeError(
      `Cannot Kaiming-initialise with mode "${mode}": it must be fan_in or fan_out`,
    );
  }
  return calculateGain(nonlinearity, a) / Math.sqrt(fans[mode]);
}
