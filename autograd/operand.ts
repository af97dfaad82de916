/**
 * Operands of elementwise ops: tensors, or numbers that stand for scalars.
 *
 * @module
 */

import { scalarLike } from "../tensor/creation.ts";
import { checkSameDevice, checkSameDType } from "../tensor/launch.ts";
import { broadcastShapes, type Shape } from "../tensor/shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A tensor, or a number that takes the dtype and device of the tensors beside it. */
export type Operand = Tensor | number;

/**
 * An operand as a tensor: a number becomes a scalar like the operand beside it.
 *
 * @throws {TypeError} if neither is a tensor, one is neither tensor nor number, or the number is
 * broken and the tensor int32.
 */
export function asTensor(op: string, x: Operand, beside: Operand): Tensor {
  if (x instanceof Tensor) return x;
  if (typeof x !== "number" || !(beside instanceof Tensor)) throw notOperands(op, [x, beside]);
  checkHolds(op, beside, x);
  return scalarLike(beside, x);
}

/**
 * Checks what a composite is about to hand to other ops, so that an error names the composite.
 *
 * @throws {TypeError} if the operands cannot be combined elementwise.
 */
export function checkOperands(op: string, ...operands: readonly Operand[]): void {
  const given = tensorsAmong(op, operands);
  checkSameDevice(op, given);
  checkSameDType(op, given);
  given.reduce((shape: Shape, x) => broadcastShapes(op, shape, x.shape), []);
}

/**
 * Checks that a tensor's dtype can hold a number.
 *
 * @throws {TypeError} if the tensor is int32 and the number broken.
 */
export function checkHolds(op: string, { dtype }: Tensor, number: number): void {
  if (dtype === "int32" && !Number.isInteger(number)) {
    throw new TypeError(
      `Cannot ${op} an int32 tensor and ${number}: convert it with cast(x, "float32")`,
    );
  }
}

function tensorsAmong(op: string, operands: readonly unknown[]): [Tensor, ...Tensor[]] {
  const [first, ...others] = operands.filter((x) => x instanceof Tensor);
  if (first === undefined || !operands.every(isOperand)) throw notOperands(op, operands);
  return [first, ...others];
}

function isOperand(x: unknown): x is Operand {
  return x instanceof Tensor || typeof x === "number";
}

/** What is wrong with operands of which none is a tensor, or one neither tensor nor number. */
function notOperands(op: string, operands: readonly unknown[]): TypeError {
  const odd = operands.findIndex((x) => !isOperand(x));
  if (odd === -1) {
    return new TypeError(`Cannot ${op} ${operands.join(" and ")}: at least one must be a tensor`);
  }
  const got = operands[odd] === null ? "null" : typeof operands[odd];
  return new TypeError(`Cannot ${op}: operands must be tensors or numbers, got ${got}`);
}
