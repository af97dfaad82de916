import { checkFloat, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { mul } from "./mul.ts";
import { scale } from "./scale.ts";

/**
 * x to the power of a constant number, elementwise.
 *
 * Derivative: gx = g · exponent · x^(exponent − 1), and 0 for exponent 0.
 *
 * @throws {TypeError} if x is int32.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { pow, tensor } from "../../mod.ts";
 *
 * deepEqual([...pow(tensor([1, 2, 3]), 2).dataSync()], [1, 4, 9]);
 * ```
 */
export function pow(x: Tensor, exponent: number): Tensor {
  checkFloat("pow", x);
  const y = launch("pow", [x], x.shape, (kernels) => kernels.pow(x, exponent));
  return taped("pow", y, [
    exponent === 0
      ? derivative(x, [], (g) => scale(g, 0))
      : derivative(x, [x], (g, x) => mul(g, scale(pow(x, exponent - 1), exponent))),
  ]);
}
