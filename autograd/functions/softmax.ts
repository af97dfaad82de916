import { normalizeAxis } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { exp } from "../ops/exp.ts";
import { log } from "../ops/log.ts";
import { stopGradient } from "../ops/stop_gradient.ts";
import { max } from "./extremum.ts";
import { sub } from "./sub.ts";
import { sum } from "./sum.ts";

/**
 * eˣ divided by its sum along an axis, the last unless told: numbers that add up to 1.
 *
 * @throws {RangeError} if there is no such axis.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { softmax, tensor } from "../../mod.ts";
 *
 * deepEqual([...softmax(tensor([1000, 1000])).dataSync()], [0.5, 0.5]);
 * ```
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  return exp(logSoftmax(x, axis));
}

/**
 * The logarithm of {@linkcode softmax}, without overflow: the largest element is taken off first, as
 * a constant, for the result does not depend on it.
 *
 * @throws {RangeError} if there is no such axis.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { logSoftmax, tensor } from "../../mod.ts";
 *
 * equal(logSoftmax(tensor([1000, 0])).dataSync()[1], -1000);
 * ```
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  normalizeAxis("softmax", axis, x.shape.length);
  const shifted = sub(x, stopGradient(max(x, axis, true)));
  return sub(shifted, log(sum(exp(shifted), axis, true)));
}
