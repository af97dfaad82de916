/**
 * Initialisers: `(key, shape, options) → Tensor`, computed in float64 and rounded to the dtype.
 *
 * @module
 */

export { constant, type ConstantOptions } from "./constant.ts";
export type { FanMode } from "./fan.ts";
export { calculateGain, type Nonlinearity } from "./gain.ts";
export type { Initializer } from "./initializer.ts";
export { kaimingNormal, type KaimingOptions, kaimingUniform } from "./kaiming.ts";
export { normal, type NormalOptions } from "./normal.ts";
export { orthogonal, type OrthogonalOptions } from "./orthogonal.ts";
export { uniform, type UniformOptions } from "./uniform.ts";
export { xavierNormal, type XavierOptions, xavierUniform } from "./xavier.ts";
