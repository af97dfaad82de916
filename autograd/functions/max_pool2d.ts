import type { GeometryOptions, Pair } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { argmaxPool } from "../ops/argmax_pool.ts";
import { gather } from "../ops/gather.ts";
import { reshape } from "../ops/reshape.ts";

/**
 * The maximum of each window of an image.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW], sized as for a convolution; the stride is the kernel's size
 * unless told.
 *
 * Derivative: g goes to the first maximum of each window, in row-major order (a gather at the
 * constant places that {@linkcode argmaxPool} finds).
 *
 * @throws {TypeError} if x is not [N,C,H,W].
 * @throws {RangeError} if padding is more than half the kernel, the window does not fit, or one would
 * see no pixel.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { maxPool2d, tensor } from "../../mod.ts";
 *
 * deepEqual([...maxPool2d(tensor([[[[1, 2], [4, 3]]]]), 2).dataSync()], [4]);
 * ```
 */
export function maxPool2d(x: Tensor, kernel: Pair, options: GeometryOptions = {}): Tensor {
  const index = argmaxPool(x, kernel, options);
  const [batch, channels, height, width] = x.shape;
  const planes = reshape(x, [batch, channels, height * width]);
  const places = reshape(index, [batch, channels, index.shape[2] * index.shape[3]]);
  return reshape(gather(planes, places, 2), index.shape);
}
