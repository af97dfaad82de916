import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { mul } from "./mul.ts";
import { sigmoid } from "./sigmoid.ts";

/**
 * log(1 + eˣ), elementwise, without overflow.
 *
 * Derivative: gx = g · sigmoid x.
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { softplus, tensor } from "../../mod.ts";
 *
 * equal(softplus(tensor(1000)).dataSync()[0], 1000);
 * ```
 */
export function softplus(x: Tensor): Tensor {
  checkFloat("softplus", x);
  const y = launch("softplus", [x], x.shape, (kernels) => kernels.softplus(x));
  return taped("softplus", y, [derivative(x, [x], (g, x) => mul(g, sigmoid(x)))]);
}
