import { relu as reluOp } from "../../autograd/ops/relu.ts";
import { lambda } from "./lambda.ts";
import type { Layer, Nothing } from "./layer.ts";

/**
 * max(x, 0), elementwise.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { layers, tensor } from "../../mod.ts";
 *
 * const [y] = layers.relu().apply(tensor(-3), {}, {}, { training: false });
 * equal(y.dataSync()[0], 0);
 * ```
 */
export function relu(): Layer<Nothing, Nothing> {
  return lambda((x) => reluOp(x));
}
