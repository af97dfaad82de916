/**
 * Operands of elementwise ops: tensors, or numbers that stand for scalars.
 *
 * @module
 */

import { scalarLike } from "../tensor/creation.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A tensor, or a number that takes the dtype and device of the tensors beside it. */
export type Operand = Tensor | number;

/**
 * Turns the numbers among operands into scalars like the first tensor among them.
 *
 * @throws {TypeError} if none is a tensor, or one is neither tensor nor number.
 */
export function tensors<Operands extends Operand[]>(
  op: string,
  ...operands: Operands
): { [I in keyof Operands]: Tensor } {
  const like = operands.find((x) => x instanceof Tensor);
  if (like === undefined) {
    throw new TypeError(`Cannot ${op} ${operands.join(" and ")}: at least one must be a tensor`);
  }
  return operands.map((x) => {
    if (x instanceof Tensor) return x;
    if (typeof x === "number") return scalarLike(like, x);
    throw new TypeError(`Cannot ${op}: operands must be tensors or numbers, got ${typeof x}`);
  }) as { [I in keyof Operands]: Tensor };
}
