import { launch } from "../../tensor/launch.ts";
import type { Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";
import { checkBlock, slice } from "./slice.ts";

/**
 * x placed at `start` in zeros of `shape`.
 *
 * Shape: `start` and `shape` have a number for each axis of x.
 *
 * Derivative: gx = the block of g where x was put ({@linkcode slice}).
 *
 * @throws {RangeError} if x does not fit there.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { pad, tensor } from "../../mod.ts";
 *
 * deepEqual([...pad(tensor([5, 6]), [1], [4]).dataSync()], [0, 5, 6, 0]);
 * ```
 */
export function pad(x: Tensor, start: readonly number[], shape: Shape): Tensor {
  checkBlock("pad", start, x.shape, shape);
  const from = [...start];
  const y = launch("pad", [x], shape, (kernels) => kernels.pad(x, from, shape));
  return taped("pad", y, [derivative(x, [], (g) => slice(g, from, x.shape))]);
}
