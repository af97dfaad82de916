import { launch } from "../../tensor/launch.ts";
import { broadcastShapes } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { asTensor, type Operand } from "../operand.ts";

/**
 * 1 where x > y, else 0, elementwise, in the operands' dtype.
 *
 * Shape: x and y broadcast; one of them may be a number.
 *
 * Derivative: none; locally constant.
 *
 * @throws {TypeError} if the shapes do not broadcast, or dtypes or devices differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { greater, tensor } from "../../mod.ts";
 *
 * deepEqual([...greater(tensor([1, 2, 3]), 2).dataSync()], [0, 0, 1]);
 * ```
 */
export function greater(x: Operand, y: Operand): Tensor {
  const a = asTensor("compare", x, y);
  const b = asTensor("compare", y, x);
  const shape = broadcastShapes("compare", a.shape, b.shape);
  return launch("greater", [a, b], shape, (kernels) => kernels.greater(a, b, shape));
}

/**
 * 1 where x = y, else 0, elementwise, in the operands' dtype; NaN equals nothing.
 *
 * Shape: x and y broadcast; one of them may be a number.
 *
 * Derivative: none; locally constant.
 *
 * @throws {TypeError} if the shapes do not broadcast, or dtypes or devices differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { equal, tensor } from "../../mod.ts";
 *
 * deepEqual([...equal(tensor([1, 2, 3]), 2).dataSync()], [0, 1, 0]);
 * ```
 */
export function equal(x: Operand, y: Operand): Tensor {
  const a = asTensor("compare", x, y);
  const b = asTensor("compare", y, x);
  const shape = broadcastShapes("compare", a.shape, b.shape);
  return launch("equal", [a, b], shape, (kernels) => kernels.equal(a, b, shape));
}
