import { checkSameDevice, launch } from "../../tensor/launch.ts";
import { formatShape, normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { scatterAdd } from "./scatter_add.ts";

/**
 * Elements of x chosen by position along an axis: `out[i][j] = x[i][index[i][j]]` for the last one.
 *
 * Shape: the index's; it equals x's but for the length of that axis. Positions run from 0 to that
 * axis's length less 1 and are not checked.
 *
 * Derivative: gx = g added up at the chosen places ({@linkcode scatterAdd}).
 *
 * @throws {TypeError} if the index is not int32 or its other axes differ from x's.
 * @throws {RangeError} if there is no such axis.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { gather, tensor } from "../../mod.ts";
 *
 * const index = tensor(Int32Array.of(2, 0), [2, 1]);
 * deepEqual([...gather(tensor([[1, 2, 3], [4, 5, 6]]), index, 1).dataSync()], [3, 4]);
 * ```
 */
export function gather(x: Tensor, index: Tensor, axis: number): Tensor {
  const along = normalizeAxis("gather", axis, x.shape.length);
  checkIndex("gather", index, x, along);
  const y = launch("gather", [x], index.shape, (kernels) => kernels.gather(x, index, along));
  return taped("gather", y, [
    derivative(x, [index], (g, index) => scatterAdd(g, index, along, x.shape)),
  ]);
}

/**
 * Checks that an index is int32 and matches a tensor on every axis but one.
 *
 * @throws {TypeError} if it does not.
 */
export function checkIndex(op: string, index: Tensor, x: Tensor, axis: number): void {
  checkSameDevice(op, [x, index]);
  if (index.dtype !== "int32") {
    throw new TypeError(`Cannot ${op} by a ${index.dtype} index: it must be int32`);
  }
  const matches = index.shape.length === x.shape.length &&
    index.shape.every((length, i) => i === axis || length === x.shape[i]);
  if (!matches) {
    throw new TypeError(
      `Cannot ${op} ${formatShape(x.shape)} by an index of ${formatShape(index.shape)} along ` +
        `axis ${axis}: the other axes must be equal`,
    );
  }
}
