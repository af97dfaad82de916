import type { Tensor } from "../../tensor/tensor.ts";
import type { Layer, Mode, Nothing } from "./layer.ts";

/**
 * A layer without parameters out of any function of a tensor.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { layers, tanh, tensor } from "../../mod.ts";
 *
 * const [y] = layers.lambda(tanh).apply(tensor(0), {}, {}, { training: false });
 * equal(y.dataSync()[0], 0);
 * ```
 */
export function lambda(f: (x: Tensor, mode: Mode) => Tensor): Layer<Nothing, Nothing> {
  return {
    init: () => ({ params: {}, state: {} }),
    apply: (x, _params, _state, mode) => [f(x, mode), {}],
  };
}
