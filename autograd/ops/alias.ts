import { launch } from "../../tensor/launch.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { derivative, taped } from "../tape.ts";

/**
 * The same tensor under a new name, sharing its storage.
 *
 * Derivative: gx = g.
 */
export function alias(x: Tensor): Tensor {
  const y = launch("alias", [x], x.shape, () => x.buffer);
  return taped("alias", y, [derivative(x, [], (g) => g)]);
}
