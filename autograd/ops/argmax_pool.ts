import { launch } from "../../tensor/launch.ts";
import {
  formatShape,
  geometry,
  type GeometryOptions,
  type Pair,
  pair,
  windowOutput,
} from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * Where the maximum of each window of an image lies: its int32 position in the H×W plane.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW]. Of several maxima the first in row-major order; NaN counts
 * as largest; padding is never chosen. The stride is the kernel's size unless told.
 *
 * Derivative: none; locally constant.
 *
 * @throws {TypeError} if x is not [N,C,H,W].
 * @throws {RangeError} if padding is more than half the kernel, or the window does not fit.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { argmaxPool, tensor } from "../../mod.ts";
 *
 * deepEqual([...argmaxPool(tensor([[[[1, 2], [4, 3]]]]), 2).dataSync()], [2]);
 * ```
 */
export function argmaxPool(x: Tensor, kernel: Pair, options: GeometryOptions = {}): Tensor {
  const window = pair(kernel);
  const slide = geometry("argmaxPool", { ...options, stride: options.stride ?? kernel });
  if (x.shape.length !== 4) {
    throw new TypeError(
      `Cannot pool a tensor of shape ${formatShape(x.shape)}: it must be [N,C,H,W]`,
    );
  }
  if (slide.padding.some((padding, i) => 2 * padding > window[i])) {
    throw new RangeError(
      `Cannot pool with padding ${formatShape(slide.padding)}: ` +
        `it must be at most half the kernel ${formatShape(window)}`,
    );
  }
  const [batch, channels, height, width] = x.shape;
  const shape = [batch, channels, ...windowOutput("pool", [height, width], window, slide)];
  return launch(
    "argmaxPool",
    [x],
    shape,
    (kernels) => kernels.argmaxPool(x, window, slide, shape),
    "int32",
  );
}
