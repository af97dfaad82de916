import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";

/**
 * 1 / (1 + e⁻ˣ), elementwise, from 0 to 1, without overflow.
 *
 * Derivative: gx = g · y · (1 − y).
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { sigmoid, tensor } from "../../mod.ts";
 *
 * equal(sigmoid(tensor(0)).dataSync()[0], 0.5);
 * ```
 */
export function sigmoid(x: Tensor): Tensor {
  checkFloat("sigmoid", x);
  const y = launch("sigmoid", [x], x.shape, (kernels) => kernels.sigmoid(x));
  return taped("sigmoid", y, [derivative(x, [y], (g, y) => mul(g, mul(y, add(1, scale(y, -1)))))]);
}
