/**
 * Convolution as one trilinear form with three faces.
 *
 * Take ⟨g, conv2d(x, w)⟩, the sum over images n, channels o and c, output places p and window
 * places k of g[n,o,p] · x[n,c,p+k] · w[o,c,k]. It is linear in x, in w and in g. Leaving out one of
 * the three gives the three ops of this file, so the derivatives of each are the other two, and the
 * set is closed under differentiation to any order.
 *
 * @module
 */

import { checkFloat, checkShapeIs, launch } from "../../tensor/launch.ts";
import {
  formatShape,
  type Geometry,
  geometry,
  type GeometryOptions,
  type Shape,
  windowOutput,
} from "../../tensor/shape.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { sum } from "../functions/sum.ts";
import { derivative, taped } from "../tape.ts";

/** How a convolution slides, and the bias of each output channel [O], if there is one. */
export interface Conv2dOptions extends GeometryOptions {
  /** Added to each output channel [O]; none unless given. */
  readonly bias?: Tensor;
}

/**
 * 2-D convolution (cross-correlation, as in PyTorch) of images with a bank of filters.
 *
 * Shape: x [N,C,H,W], weight [O,C,kH,kW], bias [O]; gives [N,O,oH,oW] with
 * oH = ⌊(H + 2·padding − dilation·(kH − 1) − 1) / stride⌋ + 1. No groups.
 *
 * Derivative: gx = conv2dInput(g, weight), gweight = conv2dWeight(x, g), gbias = Σ g over all axes
 * but O.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} if stride, padding or dilation is out of range, or the window too large.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { conv2d, ones } from "../../mod.ts";
 *
 * const y = conv2d(ones([1, 1, 3, 3]), ones([1, 1, 3, 3]), { padding: 1 });
 * deepEqual([...y.dataSync()], [4, 6, 4, 6, 9, 6, 4, 6, 4]);
 * ```
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  return correlate(x, weight, geometry("conv2d", options), options.bias);
}

/**
 * The transpose of {@linkcode conv2d} in x: what a gradient of its output says about its input.
 *
 * Shape: g [N,O,oH,oW], weight [O,C,kH,kW]; gives `shape` [N,C,H,W].
 *
 * Derivative: gg = conv2d(h, weight), gweight = conv2dWeight(h, g), for an incoming gradient h.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} as {@linkcode conv2d} does.
 */
export function conv2dInput(
  g: Tensor,
  weight: Tensor,
  shape: Shape,
  options: GeometryOptions = {},
): Tensor {
  return spread(g, weight, shape, geometry("conv2dInput", options));
}

/**
 * The transpose of {@linkcode conv2d} in weight: what a gradient of its output says about its filters.
 *
 * Shape: x [N,C,H,W], g [N,O,oH,oW]; gives `shape` [O,C,kH,kW].
 *
 * Derivative: gx = conv2dInput(g, h), gg = conv2d(x, h), for an incoming gradient h.
 *
 * @throws {TypeError} if the shapes do not fit together.
 * @throws {RangeError} as {@linkcode conv2d} does.
 */
export function conv2dWeight(
  x: Tensor,
  g: Tensor,
  shape: Shape,
  options: GeometryOptions = {},
): Tensor {
  return collect(x, g, shape, geometry("conv2dWeight", options));
}

function correlate(x: Tensor, weight: Tensor, slide: Geometry, bias?: Tensor): Tensor {
  const added = bias === undefined ? [] : [bias];
  checkFloat("conv2d", x, weight, ...added);
  const shape = outputShape("conv2d", x.shape, weight.shape, slide);
  for (const b of added) checkShapeIs("conv2d", "the bias", b, [weight.shape[0]]);
  const y = launch(
    "conv2d",
    [x, weight, ...added],
    shape,
    (kernels) => kernels.conv2d(x, weight, slide, shape, bias),
  );
  return taped("conv2d", y, [
    derivative(x, [weight], (g, weight) => spread(g, weight, x.shape, slide)),
    derivative(weight, [x], (g, x) => collect(x, g, weight.shape, slide)),
    ...added.map((b) => derivative(b, [], (g) => sum(g, [0, 2, 3]))),
  ]);
}

function spread(g: Tensor, weight: Tensor, shape: Shape, slide: Geometry): Tensor {
  checkFloat("conv2dInput", g, weight);
  checkShapeIs("conv2dInput", "g", g, outputShape("conv2dInput", shape, weight.shape, slide));
  const x = launch(
    "conv2dInput",
    [g, weight],
    shape,
    (kernels) => kernels.conv2dInput(g, weight, slide, shape),
  );
  return taped("conv2dInput", x, [
    derivative(g, [weight], (h, weight) => correlate(h, weight, slide)),
    derivative(weight, [g], (h, g) => collect(h, g, weight.shape, slide)),
  ]);
}

function collect(x: Tensor, g: Tensor, shape: Shape, slide: Geometry): Tensor {
  checkFloat("conv2dWeight", x, g);
  checkShapeIs("conv2dWeight", "g", g, outputShape("conv2dWeight", x.shape, shape, slide));
  const weight = launch(
    "conv2dWeight",
    [x, g],
    shape,
    (kernels) => kernels.conv2dWeight(x, g, slide, shape),
  );
  return taped("conv2dWeight", weight, [
    derivative(x, [g], (h, g) => spread(g, h, x.shape, slide)),
    derivative(g, [x], (h, x) => correlate(x, h, slide)),
  ]);
}

function outputShape(op: string, x: Shape, weight: Shape, slide: Geometry): Shape {
  if (x.length !== 4 || weight.length !== 4 || x[1] !== weight[1]) {
    throw new TypeError(
      `Cannot ${op} images ${formatShape(x)} with filters ${formatShape(weight)}: ` +
        `they must be [N,C,H,W] and [O,C,kH,kW] with one C`,
    );
  }
  return [x[0], weight[0], ...windowOutput(op, [x[2], x[3]], [weight[2], weight[3]], slide)];
}
