import type { TensorOptions } from "../../tensor/creation.ts";
import { foldIn, type RandomKey } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Tree } from "../../tensor/tree.ts";
import type { Layer, Mode, Variables } from "./layer.ts";

/** The parameters, or the states, of layers by name. */
export type Named = Readonly<Record<string, Tree>>;

/**
 * Layers one after the other, in an array or by name.
 *
 * Parameters and state are records by the layers' names, which in an array are "0", "1" and so on, so
 * that paths are PyTorch's: "0.weight". Layers without parameters have an empty record. Each layer
 * draws from a key of its own, folded from its name. Names that are whole numbers run in the order of
 * their numbers, before all others.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, mapTree, ones, randomKey } from "../../mod.ts";
 *
 * const net = layers.sequential([layers.linear(4, 3), layers.relu(), layers.linear(3, 2)]);
 * const { params, state } = net.init(randomKey(0));
 * const paths: string[] = [];
 * mapTree(params, (leaf, path) => (paths.push(path), leaf));
 * deepEqual(paths, ["0.weight", "0.bias", "2.weight", "2.bias"]);
 * const [y] = net.apply(ones([5, 4]), params, state, { training: true });
 * deepEqual(y.shape, [5, 2]);
 * ```
 */
export function sequential(
  layers: readonly Layer[] | Readonly<Record<string, Layer>>,
): Layer<Named, Named> {
  const named = Object.entries(layers);
  return {
    init(key: RandomKey, options?: TensorOptions): Variables<Named, Named> {
      const made = named.map(([name, layer]) =>
        [name, layer.init(foldIn(key, name), options)] as const
      );
      return {
        params: Object.fromEntries(made.map(([name, { params }]) => [name, params])),
        state: Object.fromEntries(made.map(([name, { state }]) => [name, state])),
      };
    },

    apply(x: Tensor, params: Named, state: Named, { training, key }: Mode): [Tensor, Named] {
      let y = x;
      const states = named.map(([name, layer]) => {
        if (!Object.hasOwn(params, name) || !Object.hasOwn(state, name)) {
          throw new TypeError(
            `Cannot apply layer "${name}": the parameters and state must have an entry of that ` +
              `name; use those that init() made`,
          );
        }
        const mode = { training, key: key && foldIn(key, name) };
        const [output, after] = layer.apply(y, params[name], state[name], mode);
        y = output;
        return [name, after] as const;
      });
      return [y, Object.fromEntries(states)];
    },
  };
}
