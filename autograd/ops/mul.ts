import { launch } from "../../tensor/launch.ts";
import { broadcastShapes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { asTensor, type Operand } from "../operand.ts";
import { derivative, taped } from "../tape.ts";
import { scale } from "./scale.ts";
import { summedTo } from "./sum_to.ts";

/**
 * x · y, elementwise.
 *
 * Shape: x and y broadcast; one of them may be a number.
 *
 * Derivative: gx = g · y, gy = g · x, each summed over the axes it was broadcast along.
 *
 * @throws {TypeError} if the shapes do not broadcast, or dtypes or devices differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { mul, tensor } from "../../mod.ts";
 *
 * deepEqual([...mul(tensor([[1], [2]]), tensor([3, 4])).dataSync()], [3, 4, 6, 8]);
 * ```
 */
export function mul(x: Operand, y: Operand): Tensor {
  if (typeof y === "number" && typeof x !== "number") return scale(x, y);
  if (typeof x === "number" && typeof y !== "number") return scale(y, x);
  const a = asTensor("mul", x, y);
  const b = asTensor("mul", y, x);
  const shape = broadcastShapes("mul", a.shape, b.shape);
  const product = launch("mul", [a, b], shape, (kernels) => kernels.mul(a, b, shape));
  return taped("mul", product, [
    derivative(a, [b], (g, b) => summedTo(mul(g, b), a.shape)),
    derivative(b, [a], (g, a) => summedTo(mul(g, a), b.shape)),
  ]);
}
