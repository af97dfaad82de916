import type { Tensor } from "../../tensor/tensor.ts";
import { checkOperands, type Operand } from "../operand.ts";
import { mul } from "../ops/mul.ts";
import { pow } from "../ops/pow.ts";

/**
 * x / y, elementwise, as x · y⁻¹ (which may differ from a division in the last digit).
 *
 * Shape: x and y broadcast; one of them may be a number.
 *
 * @throws {TypeError} if the shapes do not broadcast, or dtypes or devices differ.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { div, tensor } from "../../mod.ts";
 *
 * deepEqual([...div(tensor([2, 6]), tensor([4, 2])).dataSync()], [0.5, 3]);
 * ```
 */
export function div(x: Operand, y: Operand): Tensor {
  checkOperands("div", x, y);
  return mul(x, typeof y === "number" ? 1 / y : pow(y, -1));
}
