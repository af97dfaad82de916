import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { mul } from "./mul.ts";

/**
 * eˣ, elementwise.
 *
 * Derivative: gx = g · eˣ.
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { exp, tensor } from "../../mod.ts";
 *
 * equal(exp(tensor(0)).dataSync()[0], 1);
 * ```
 */
export function exp(x: Tensor): Tensor {
  checkFloat("exp", x);
  const y = launch("exp", [x], x.shape, (kernels) => kernels.exp(x));
  return taped("exp", y, [derivative(x, [y], (g, y) => mul(g, y))]);
}
