import { launch } from "../../tensor/launch.ts";
import { broadcastShapes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { asTensor, type Operand } from "../operand.ts";
import { derivative, taped } from "../tape.ts";
import { summedTo } from "./sum_to.ts";

/**
 * x + y, elementwise.
 *
 * Shape: x and y broadcast; one of them may be a number.
 *
 * Derivative: gx = g, gy = g, each summed over the axes it was broadcast along.
 *
 * @throws {TypeError} if the shapes do not broadcast, or dtypes or devices differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { add, tensor } from "../../mod.ts";
 *
 * deepEqual([...add(tensor([1, 2]), 10).dataSync()], [11, 12]);
 * ```
 */
export function add(x: Operand, y: Operand): Tensor {
  const a = asTensor("add", x, y);
  const b = asTensor("add", y, x);
  const shape = broadcastShapes("add", a.shape, b.shape);
  const total = launch("add", [a, b], shape, (kernels) => kernels.add(a, b, shape));
  return taped("add", total, [
    derivative(a, [], (g) => summedTo(g, a.shape)),
    derivative(b, [], (g) => summedTo(g, b.shape)),
  ]);
}
