import type { Tensor } from "../../tensor/tensor.ts";
import { checkOperands, type Operand } from "../operand.ts";
import { add } from "../ops/add.ts";
import { scale } from "../ops/scale.ts";

/**
 * x − y, elementwise.
 *
 * Shape: x and y broadcast; one of them may be a number.
 *
 * @throws {TypeError} if the shapes do not broadcast, or dtypes or devices differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { sub, tensor } from "../../mod.ts";
 *
 * deepEqual([...sub(5, tensor([1, 2])).dataSync()], [4, 3]);
 * ```
 */
export function sub(x: Operand, y: Operand): Tensor {
  checkOperands("sub", x, y);
  return add(x, typeof y === "number" ? -y : scale(y, -1));
}
