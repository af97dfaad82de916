import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { cos } from "./cos.ts";
import { mul } from "./mul.ts";

/**
 * The sine of an angle in radians, elementwise.
 *
 * Derivative: gx = g · cos x.
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { sin, tensor } from "../../mod.ts";
 *
 * equal(sin(tensor(0)).dataSync()[0], 0);
 * ```
 */
export function sin(x: Tensor): Tensor {
  checkFloat("sin", x);
  const y = launch("sin", [x], x.shape, (kernels) => kernels.sin(x));
  return taped("sin", y, [derivative(x, [x], (g, x) => mul(g, cos(x)))]);
}
