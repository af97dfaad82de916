/**
 * Layers with a weight and a bias: fully connected and convolutional.
 *
 * @module
 */

import { linear as linearOf } from "../../autograd/functions/linear.ts";
import { conv2d as conv2dOp } from "../../autograd/ops/conv2d.ts";
import type { TensorOptions } from "../../tensor/creation.ts";
import { foldIn, type RandomKey } from "../../tensor/random.ts";
import { geometry, type GeometryOptions, type Pair, pair, type Shape } from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { fansOf } from "../init/fan.ts";
import type { Initializer } from "../init/initializer.ts";
import { kaimingUniform } from "../init/kaiming.ts";
import { uniform } from "../init/uniform.ts";
import { checkSize, type Layer, type Nothing } from "./layer.ts";

/** A weight, and a bias unless the layer goes without. */
export type AffineParams = { readonly weight: Tensor; readonly bias: Tensor } | {
  readonly weight: Tensor;
};

/** The bias and the initialisers of a layer. */
export interface AffineOptions {
  /** Whether there is a bias: true unless told. */
  readonly bias?: boolean;
  /** Within ±1/√fan_in, uniformly, unless told: PyTorch's default. */
  readonly weightInit?: Initializer;
  /** Within ±1/√fan_in, uniformly, unless told: PyTorch's default. */
  readonly biasInit?: Initializer;
}

/** Options of {@linkcode conv2d}. */
export interface Conv2dLayerOptions extends AffineOptions, GeometryOptions {}

/**
 * A fully connected layer, x weightᵀ + bias.
 *
 * Shape: x [..., inputs] gives [..., outputs]; weight [outputs, inputs], bias [outputs].
 *
 * @throws {RangeError} if a size is not a whole number from 1 up.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, ones, randomKey } from "../../mod.ts";
 *
 * const layer = layers.linear(3, 2);
 * const { params, state } = layer.init(randomKey(0));
 * const [y] = layer.apply(ones([5, 3]), params, state, { training: false });
 * deepEqual(y.shape, [5, 2]);
 * ```
 */
export function linear(
  inputs: number,
  outputs: number,
  options: AffineOptions = {},
): Layer<AffineParams, Nothing> {
  checkSize("linear", "inputs", inputs);
  checkSize("linear", "outputs", outputs);
  return {
    init: (key, place) => ({
      params: initAffine(key, [outputs, inputs], options, place),
      state: {},
    }),
    apply: (x, params) => [linearOf(x, params.weight, biasOf(params)), {}],
  };
}

/**
 * A convolution (cross-correlation) with a bank of filters.
 *
 * Shape: x [N,inputs,H,W] gives [N,outputs,oH,oW], sized as PyTorch's `Conv2d`; weight
 * [outputs,inputs,kH,kW], bias [outputs].
 *
 * @throws {RangeError} if a size, stride or dilation is not a whole number from 1 up, or padding from
 * 0 up.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, ones, randomKey } from "../../mod.ts";
 *
 * const layer = layers.conv2d(3, 8, 3, { padding: 1 });
 * const { params, state } = layer.init(randomKey(0));
 * const [y] = layer.apply(ones([2, 3, 6, 6]), params, state, { training: false });
 * deepEqual(y.shape, [2, 8, 6, 6]);
 * ```
 */
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: Pair,
  options: Conv2dLayerOptions = {},
): Layer<AffineParams, Nothing> {
  checkSize("conv2d", "inputs", inputs);
  checkSize("conv2d", "outputs", outputs);
  for (const length of pair(kernel)) checkSize("conv2d", "kernel", length);
  const slide = geometry("make a conv2d layer", options);
  const shape = [outputs, inputs, ...pair(kernel)];
  return {
    init: (key, place) => ({ params: initAffine(key, shape, options, place), state: {} }),
    apply: (x, params) => [
      conv2dOp(x, params.weight, { ...slide, bias: biasOf(params) }),
      {},
    ],
  };
}

function initAffine(
  key: RandomKey,
  shape: Shape,
  { bias = true, weightInit = defaultWeight, biasInit }: AffineOptions,
  place: TensorOptions = {},
): AffineParams {
  const weight = weightInit(foldIn(key, "weight"), shape, place);
  if (!bias) return { weight };
  const bound = 1 / Math.sqrt(fansOf("initialise", shape).fan_in);
  const initBias = biasInit ??
    ((key, shape, place) => uniform(key, shape, { ...place, a: -bound, b: bound }));
  return { weight, bias: initBias(foldIn(key, "bias"), [shape[0]], place) };
}

const defaultWeight: Initializer = (key, shape, place) =>
  kaimingUniform(key, shape, { ...place, a: Math.sqrt(5) });

function biasOf(params: AffineParams): Tensor | undefined {
  return "bias" in params ? params.bias : undefined;
}
