import { checkFloat, checkShapeIs, launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { scale } from "./scale.ts";

/**
 * a · x + b · y, elementwise, in one pass: what a running mean and a step downhill are.
 *
 * Shape: x and y alike; no gradient flows to the numbers a and b.
 *
 * Derivative: gx = a · g, gy = b · g.
 *
 * @throws {TypeError} if the shapes differ, or dtypes or devices, or the tensors are int32.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { combine, tensor } from "../../mod.ts";
 *
 * deepEqual([...combine(tensor([1, 2]), 0.5, tensor([4, 8]), -1).dataSync()], [-3.5, -7]);
 * ```
 */
export function combine(x: Tensor, a: number, y: Tensor, b: number): Tensor {
  checkFloat("combine", x, y);
  checkShapeIs("combine", "the second tensor", y, x.shape);
  const total = launch("combine", [x, y], x.shape, (kernels) => kernels.combine(x, a, y, b));
  return taped("combine", total, [
    derivative(x, [], (g) => times(g, a)),
    derivative(y, [], (g) => times(g, b)),
  ]);
}

function times(g: Tensor, factor: number): Tensor {
  return factor === 1 ? g : scale(g, factor);
}
