import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { add } from "./add.ts";
import { mul } from "./mul.ts";
import { positive } from "./positive.ts";
import { scale } from "./scale.ts";

/**
 * |x|, elementwise.
 *
 * Derivative: gx = g · sign x (0 at x = 0).
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { abs, tensor } from "../../mod.ts";
 *
 * equal(abs(tensor(-3)).dataSync()[0], 3);
 * ```
 */
export function abs(x: Tensor): Tensor {
  checkFloat("abs", x);
  const y = launch("abs", [x], x.shape, (kernels) => kernels.abs(x));
  return taped("abs", y, [
    derivative(x, [x], (g, x) => mul(g, add(positive(x), scale(positive(scale(x, -1)), -1)))),
  ]);
}
