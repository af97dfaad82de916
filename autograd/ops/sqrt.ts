import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { mul } from "./mul.ts";
import { pow } from "./pow.ts";
import { scale } from "./scale.ts";

/**
 * √x, elementwise; NaN below 0.
 *
 * Derivative: gx = g / (2 √x); infinite at 0.
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { sqrt, tensor } from "../../mod.ts";
 *
 * equal(sqrt(tensor(9)).dataSync()[0], 3);
 * ```
 */
export function sqrt(x: Tensor): Tensor {
  checkFloat("sqrt", x);
  const y = launch("sqrt", [x], x.shape, (kernels) => kernels.sqrt(x));
  return taped("sqrt", y, [derivative(x, [y], (g, y) => mul(g, scale(pow(y, -1), 0.5)))]);
}
