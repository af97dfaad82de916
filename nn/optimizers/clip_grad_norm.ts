import { clip } from "../../autograd/functions/clip.ts";
import { div } from "../../autograd/functions/div.ts";
import { add } from "../../autograd/ops/add.ts";
import { mul } from "../../autograd/ops/mul.ts";
import { sqrt } from "../../autograd/ops/sqrt.ts";
import { dot } from "../../autograd/products.ts";
import { scope } from "../../tensor/scope.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { mapTree, type Tree } from "../../tensor/tree.ts";

/** Keeps the division from overflowing at norm 0, as in PyTorch. */
const MARGIN = 1e-6;

/**
 * Scales gradients down so that their norm, taken over all of them as one vector, is at most
 * `maxNorm`; returns them and the norm they had.
 *
 * Shape: the norm is a scalar, with the gradients' dtype.
 *
 * @throws {RangeError} if `maxNorm` is not a finite number above 0.
 * @throws {TypeError} if there are no gradients.
 * Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML
 * 2013, algorithm 1; as in PyTorch's `clip_grad_norm_`.
 * @example
 * ```ts
 * import { equal, ok } from "node:assert/strict";
 * import { clipGradNorm, tensor } from "../../mod.ts";
 *
 * const [clipped, norm] = clipGradNorm([tensor(3), tensor(4)], 1);
 * equal(norm.dataSync()[0], 5);
 * ok(Math.abs(clipped[0].dataSync()[0] - 0.6) < 1e-6);
 * ```
 */
export function clipGradNorm<Grads extends Tree>(grads: Grads, maxNorm: number): [Grads, Tensor] {
  if (!(Number.isFinite(maxNorm) && maxNorm > 0)) {
    throw new RangeError(
      `Cannot clip gradients to norm ${maxNorm}: it must be a finite number above 0`,
    );
  }
  return scope(() => {
    const norm = sqrt(dot(grads, grads));
    const factor = clip(div(maxNorm, add(norm, MARGIN)), 0, 1);
    return [mapTree(grads, (g) => mul(g, factor)), norm];
  });
}
