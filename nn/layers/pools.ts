/**
 * Pooling layers.
 *
 * @module
 */

import {
  adaptiveAvgPool2d as adaptiveAvgPool2dOf,
  avgPool2d as avgPool2dOf,
} from "../../autograd/functions/avg_pool2d.ts";
import { maxPool2d as maxPool2dOf } from "../../autograd/functions/max_pool2d.ts";
import type { GeometryOptions, Pair } from "../../tensor/shape.ts";
import { lambda } from "./lambda.ts";
import type { Layer, Nothing } from "./layer.ts";

/**
 * The maximum of each window; the stride is the kernel's size unless told.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW], sized as for a convolution.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, tensor } from "../../mod.ts";
 *
 * const [y] = layers.maxPool2d(2).apply(tensor([[[[1, 2], [4, 3]]]]), {}, {}, { training: false });
 * deepEqual([...y.dataSync()], [4]);
 * ```
 */
export function maxPool2d(kernel: Pair, options: GeometryOptions = {}): Layer<Nothing, Nothing> {
  return lambda((x) => maxPool2dOf(x, kernel, options));
}

/**
 * The mean of each window; the stride is the kernel's size unless told, and padding counts as zeros.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW], sized as for a convolution.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, tensor } from "../../mod.ts";
 *
 * const [y] = layers.avgPool2d(2).apply(tensor([[[[1, 2], [4, 5]]]]), {}, {}, { training: false });
 * deepEqual([...y.dataSync()], [3]);
 * ```
 */
export function avgPool2d(kernel: Pair, options: GeometryOptions = {}): Layer<Nothing, Nothing> {
  return lambda((x) => avgPool2dOf(x, kernel, options));
}

/**
 * The mean of windows that divide an image as evenly as can be; size 1 is global average pooling.
 *
 * Shape: x [N,C,H,W] gives [N,C,oH,oW], of the size given.
 *
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, tensor } from "../../mod.ts";
 *
 * const layer = layers.adaptiveAvgPool2d(1);
 * const [y] = layer.apply(tensor([[[[1, 2], [4, 5]]]]), {}, {}, { training: false });
 * deepEqual([...y.dataSync()], [3]);
 * ```
 */
export function adaptiveAvgPool2d(size: Pair): Layer<Nothing, Nothing> {
  return lambda((x) => adaptiveAvgPool2dOf(x, size));
}
