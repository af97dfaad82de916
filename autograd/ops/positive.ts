import { launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * 1 where x > 0, else 0, elementwise, in x's dtype.
 *
 * Derivative: none; locally constant.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { positive, tensor } from "../../mod.ts";
 *
 * deepEqual([...positive(tensor([-1, 0, 2])).dataSync()], [0, 0, 1]);
 * ```
 */
export function positive(x: Tensor): Tensor {
  return launch("positive", [x], x.shape, (kernels) => kernels.positive(x));
}
