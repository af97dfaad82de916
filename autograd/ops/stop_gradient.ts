import { launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/**
 * The same values as a constant: no tape, inner or outer, sees where they came from.
 *
 * Derivative: zero.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { grad, mul, stopGradient, tensor } from "../../mod.ts";
 *
 * equal(grad((x) => mul(x, stopGradient(x)))(tensor(3)).dataSync()[0], 3);
 * ```
 */
export function stopGradient(x: Tensor): Tensor {
  return launch("stopGradient", [x], x.shape, () => x.buffer);
}
