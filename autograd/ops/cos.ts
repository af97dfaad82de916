import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";
import { sin } from "./sin.ts";

/**
 * The cosine of an angle in radians, elementwise.
 *
 * Derivative: gx = −g · sin x.
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { cos, tensor } from "../../mod.ts";
 *
 * equal(cos(tensor(0)).dataSync()[0], 1);
 * ```
 */
export function cos(x: Tensor): Tensor {
  checkFloat("cos", x);
  const y = launch("cos", [x], x.shape, (kernels) => kernels.cos(x));
  return taped("cos", y, [derivative(x, [x], (g, x) => mul(g, scale(sin(x), -1)))]);
}
