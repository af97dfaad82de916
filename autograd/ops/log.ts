import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { mul } from "./mul.ts";
import { pow } from "./pow.ts";

/**
 * The natural logarithm, elementwise; −∞ at 0 and NaN below.
 *
 * Derivative: gx = g / x.
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { log, tensor } from "../../mod.ts";
 *
 * equal(log(tensor(1)).dataSync()[0], 0);
 * ```
 */
export function log(x: Tensor): Tensor {
  checkFloat("log", x);
  const y = launch("log", [x], x.shape, (kernels) => kernels.log(x));
  return taped("log", y, [derivative(x, [x], (g, x) => mul(g, pow(x, -1)))]);
}
