import { launch } from "../../tensor/launch.ts";
import type { GeometryOptions, Pair } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { poolGeometry } from "../pool_geometry.ts";

/**
 * Where the maximum of each window of an image lies: its int32 position in the H×W plane.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW]. Of several maxima the first in row-major order; NaN counts
 * as largest; padding is never chosen. The stride is the kernel's size unless told.
 *
 * Derivative: none; locally constant.
 *
 * @throws {TypeError} if x is not [N,C,H,W].
 * @throws {RangeError} if padding is more than half the kernel, the window does not fit, or one would
 * see no pixel.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { argmaxPool, tensor } from "../../mod.ts";
 *
 * deepEqual([...argmaxPool(tensor([[[[1, 2], [4, 3]]]]), 2).dataSync()], [2]);
 * ```
 */
export function argmaxPool(x: Tensor, kernel: Pair, options: GeometryOptions = {}): Tensor {
  const { window, slide, out } = poolGeometry(x, kernel, options);
  const shape = [x.shape[0], x.shape[1], ...out];
  return launch(
    "argmaxPool",
    [x],
    shape,
    (kernels) => kernels.argmaxPool(x, window, slide, shape),
    "int32",
  );
}
