/**
 * Layers: `init(key) → { params, state }` and `apply(x, params, state, mode) → [y, state]`.
 *
 * @module
 */

export {
  type AffineOptions,
  type AffineParams,
  conv2d,
  type Conv2dLayerOptions,
  linear,
} from "./affine.ts";
export { batchNorm, type BatchNormOptions } from "./batch_norm.ts";
export { dropout } from "./dropout.ts";
export { flatten } from "./flatten.ts";
export { lambda } from "./lambda.ts";
export type { Layer, Mode, Nothing, Variables } from "./layer.ts";
export { adaptiveAvgPool2d, avgPool2d, maxPool2d } from "./pools.ts";
export { relu } from "./relu.ts";
export { type Named, sequential } from "./sequential.ts";
