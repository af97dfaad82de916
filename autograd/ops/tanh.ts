import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";

/**
 * The hyperbolic tangent, elementwise, from −1 to 1.
 *
 * Derivative: gx = g · (1 − tanh² x).
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { tanh, tensor } from "../../mod.ts";
 *
 * equal(tanh(tensor(0)).dataSync()[0], 0);
 * ```
 */
export function tanh(x: Tensor): Tensor {
  checkFloat("tanh", x);
  const y = launch("tanh", [x], x.shape, (kernels) => kernels.tanh(x));
  return taped("tanh", y, [derivative(x, [y], (g, y) => mul(g, add(1, scale(mul(y, y), -1))))]);
}
