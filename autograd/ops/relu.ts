import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { mul } from "./mul.ts";
import { positive } from "./positive.ts";

/**
 * max(x, 0), elementwise.
 *
 * Derivative: gx = g where x > 0, else 0 (0 at x = 0, as in PyTorch).
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { relu, tensor } from "../../mod.ts";
 *
 * equal(relu(tensor(-3)).dataSync()[0], 0);
 * ```
 */
export function relu(x: Tensor): Tensor {
  checkFloat("relu", x);
  const y = launch("relu", [x], x.shape, (kernels) => kernels.relu(x));
  return taped("relu", y, [derivative(x, [y], (g, y) => mul(g, positive(y)))]);
}
