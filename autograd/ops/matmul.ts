import { checkFloat, launch } from "../../tensor/launch.ts";
import { broadcastShapes, formatShape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { transpose } from "../functions/transpose.ts";
import { derivative, taped } from "../tape.ts";
import { sumTo } from "./sum_to.ts";

/**
 * The matrix product over the last two axes.
 *
 * Shape: [..., M, K] by [..., K, N] gives [..., M, N]; the leading axes broadcast.
 *
 * Derivative: gx = g yᵀ, gy = xᵀ g, each summed over the leading axes it was broadcast along.
 *
 * @throws {TypeError} if an operand has fewer than two axes, or the inner sizes differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { matmul, tensor } from "../../mod.ts";
 *
 * deepEqual([...matmul(tensor([[1, 2]]), tensor([[3], [4]])).dataSync()], [11]);
 * ```
 */
export function matmul(x: Tensor, y: Tensor): Tensor {
  checkFloat("matmul", x, y);
  const what = `Cannot matmul ${formatShape(x.shape)} by ${formatShape(y.shape)}`;
  if (x.shape.length < 2 || y.shape.length < 2) {
    throw new TypeError(`${what}: both need two axes or more; add one with reshape()`);
  }
  const [rows, inner] = x.shape.slice(-2);
  const [innerOfY, columns] = y.shape.slice(-2);
  if (inner !== innerOfY) {
    throw new TypeError(`${what}: inner sizes must match, got ${inner} and ${innerOfY}`);
  }
  const leading = broadcastShapes(
    "matmul leading axes",
    x.shape.slice(0, -2),
    y.shape.slice(0, -2),
  );
  const shape = [...leading, rows, columns];
  const product = launch("matmul", [x, y], shape, (kernels) => kernels.matmul(x, y, shape));
  return taped("matmul", product, [
    derivative(x, [y], (g, y) => sumTo(matmul(g, transpose(y)), x.shape)),
    derivative(y, [x], (g, x) => sumTo(matmul(transpose(x), g), y.shape)),
  ]);
}
