import { launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { checkHolds } from "../operand.ts";
import { derivative, taped } from "../tape.ts";

/**
 * x times a number that no gradient flows to.
 *
 * Derivative: gx = g · factor.
 *
 * @throws {TypeError} if x is int32 and the factor broken.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { scale, tensor } from "../../mod.ts";
 *
 * deepEqual([...scale(tensor([1, 2]), -3).dataSync()], [-3, -6]);
 * ```
 */
export function scale(x: Tensor, factor: number): Tensor {
  checkHolds("multiply", x, factor);
  const y = launch("scale", [x], x.shape, (kernels) => kernels.scale(x, factor));
  return taped("scale", y, [derivative(x, [], (g) => scale(g, factor))]);
}
