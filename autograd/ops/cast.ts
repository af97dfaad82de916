import type { DType } from "../../tensor/device.ts";
import { launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";

/**
 * x in another dtype; to int32 by cutting off the fraction.
 *
 * Derivative: gx = g in x's dtype; none to or from int32.
 *
 * @throws {TypeError} if the device does not hold the dtype.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { cast, tensor } from "../../mod.ts";
 *
 * deepEqual([...cast(tensor([1.5, -1.5]), "int32").dataSync()], [1, -1]);
 * ```
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (!x.device.dtypes.includes(dtype)) {
    throw new TypeError(
      `Cannot cast to ${dtype} on ${x.device.name}: it holds ${x.device.dtypes.join(", ")}`,
    );
  }
  if (x.dtype === dtype) return x.share();
  const y = launch("cast", [x], x.shape, (kernels) => kernels.cast(x, dtype), dtype);
  const differentiable = x.dtype !== "int32" && dtype !== "int32";
  return taped("cast", y, differentiable ? [derivative(x, [], (g) => cast(g, x.dtype))] : []);
}
