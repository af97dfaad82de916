import { reshape } from "../../autograd/ops/reshape.ts";
import { formatShape, sizeOf } from "../../tensor/shape.ts";
import { lambda } from "./lambda.ts";
import type { Layer, Nothing } from "./layer.ts";

/**
 * All axes but the first as one.
 *
 * Shape: x [N,...] gives [N, the product of the others]; a scalar is refused with a TypeError.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, zeros } from "../../mod.ts";
 *
 * const [y] = layers.flatten().apply(zeros([2, 3, 4, 4]), {}, {}, { training: false });
 * deepEqual(y.shape, [2, 48]);
 * ```
 */
export function flatten(): Layer<Nothing, Nothing> {
  return lambda((x) => {
    if (x.shape.length === 0) {
      throw new TypeError(
        `Cannot flatten a tensor of shape ${formatShape(x.shape)}: it must be [N,...]`,
      );
    }
    return reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
  });
}
