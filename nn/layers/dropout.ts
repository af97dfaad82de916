import { dropout as dropoutOf } from "../../autograd/functions/dropout.ts";
import { lambda } from "./lambda.ts";
import type { Layer, Nothing } from "./layer.ts";

/**
 * Sets each element to zero with probability `rate` in training, and divides the others by 1 − rate;
 * changes nothing else.
 *
 * In training the mode must hold a key: without one, apply throws a TypeError.
 *
 * @throws {RangeError} if the rate is not from 0 up to, not including, 1.
 * Source: Srivastava et al., "Dropout", JMLR 2014.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, ones, randomKey } from "../../mod.ts";
 *
 * const layer = layers.dropout(0.5);
 * const [dropped] = layer.apply(ones([100]), {}, {}, { training: true, key: randomKey(0) });
 * deepEqual([...new Set(dropped.dataSync())].sort(), [0, 2]);
 * const [kept] = layer.apply(ones([2]), {}, {}, { training: false });
 * deepEqual([...kept.dataSync()], [1, 1]);
 * ```
 */
export function dropout(rate: number): Layer<Nothing, Nothing> {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(
      `Cannot make a dropout layer with rate ${rate}: it must be from 0 up to, not including, 1`,
    );
  }
  return lambda((x, { training, key }) => {
    if (!training) return x;
    if (key === undefined) {
      throw new TypeError(
        "Cannot apply dropout in training without a random key: pass { training: true, key }",
      );
    }
    return dropoutOf(x, rate, key);
  });
}
