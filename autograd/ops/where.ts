import { launch } from "../../tensor/launch.ts";
import { broadcastShapes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { asTensor, type Operand } from "../operand.ts";
import { derivative, taped } from "../tape.ts";
import { summedTo } from "./sum_to.ts";

/**
 * x where the mask is not 0, else y, elementwise.
 *
 * Shape: mask, x and y broadcast; x and y may be numbers.
 *
 * Derivative: gx = g where the mask is not 0, else 0; gy = g where it is 0, else 0. The mask gets
 * none. A NaN in the branch not taken stays out of both.
 *
 * @throws {TypeError} if the shapes do not broadcast, or dtypes or devices differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { tensor, where } from "../../mod.ts";
 *
 * deepEqual([...where(tensor([1, 0]), tensor([5, 6]), -1).dataSync()], [5, -1]);
 * ```
 */
export function where(mask: Tensor, x: Operand, y: Operand): Tensor {
  const m = asTensor("where", mask, x);
  const a = asTensor("where", x, mask);
  const b = asTensor("where", y, mask);
  const shape = broadcastShapes("where", m.shape, broadcastShapes("where", a.shape, b.shape));
  const chosen = launch("where", [m, a, b], shape, (kernels) => kernels.where(m, a, b, shape));
  return taped("where", chosen, [
    derivative(a, [m], (g, m) => summedTo(where(m, g, 0), a.shape)),
    derivative(b, [m], (g, m) => summedTo(where(m, 0, g), b.shape)),
  ]);
}
