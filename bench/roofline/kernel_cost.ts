/**
 * What a kernel costs at least: the arithmetic that its result takes, and the bytes that must pass between
 * memory and the processor.
 *
 * An addition, a multiplication, a comparison and a call of a function such as the exponential are one
 * operation each; a fused multiply-add is two. Every operand is read once and every result written once,
 * in four bytes an element.
 *
 * @module
 */

import type { Shape } from "../../tensor/mod.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { KernelCall, KernelName, SlidingWindow } from "./kernel_call.ts";

/** The least that a call costs. */
export interface KernelCost {
  /** By the plain algorithm. */
  readonly operations: number;
  readonly bytes: number;
  /** Of products: half of their operations. */
  readonly multiplications?: number;
  /**
   * By Winograd's F(4×4, 3×3), where it fits the window; the additions that transform tiles and filters
   * are not counted, so this is less than any program can do.
   */
  readonly winograd_multiplications?: number;
}

const ELEMENT_BYTES = 4;

/** Counts what a call costs. */
export function costOf(call: KernelCall): KernelCost {
  return { ...arithmeticOf(call), bytes: ELEMENT_BYTES * elementsMoved(call) };
}

/** Per element of the result: moving a number is no operation. */
const ELEMENTWISE = {
  fill: 0,
  uniform: 0,
  cast: 0,
  scale: 1,
  pow: 1,
  sqrt: 1,
  exp: 1,
  log: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  abs: 1,
  relu: 1,
  // exp, +, ÷.
  sigmoid: 3,
  // exp, +, log.
  softplus: 3,
  positive: 1,
  add: 1,
  mul: 1,
  // a·x + b·y.
  combine: 3,
  accumulate: 1,
  greater: 1,
  equal: 1,
  where: 1,
  reshape: 0,
  permute: 0,
  broadcastTo: 0,
  slice: 0,
  pad: 0,
  cat: 0,
  gather: 0,
  // Two running means (3 each and a square), then √, ÷, +, ÷, · and −.
  adam: 13,
} as const satisfies Partial<Record<KernelName, number>>;

/** Per element of the first operand. */
const REDUCING = {
  sumTo: 1,
  argmax: 1,
  scatterAdd: 1,
  // Σx; −mean, square, Σ; then one multiply-add.
  batchNorm: 6,
  // And a comparison.
  batchNormRelu: 7,
  // n by −, ·; Σg; Σg·n; then g less two terms of n, times a factor.
  batchNormBackward: 9,
  // And the mask: a multiply-add, a comparison, a choice.
  batchNormReluBackward: 13,
} as const satisfies Partial<Record<KernelName, number>>;

function arithmeticOf(call: KernelCall): Omit<KernelCost, "bytes"> {
  const { kernel, inputs, outputs, window } = call;
  switch (kernel) {
    case "conv2d":
    case "conv2dInput":
    case "conv2dWeight":
      return convolution(call);
    case "matmul": {
      const depth = inputs[0][inputs[0].length - 1];
      return product(sizeOf(outputs[0]) * depth);
    }
    case "argmaxPool":
      return { operations: sizeOf(outputs[0]) * area(windowOf(kernel, window).size) };
    case "sumTo":
    case "argmax":
    case "scatterAdd":
    case "batchNorm":
    case "batchNormRelu":
    case "batchNormBackward":
    case "batchNormReluBackward":
      return { operations: REDUCING[kernel] * sizeOf(inputs[0]) };
    default:
      return { operations: ELEMENTWISE[kernel] * sizeOf(outputs[0]) };
  }
}

function product(multiplications: number) {
  return { operations: 2 * multiplications, multiplications };
}

/** The three faces cost the same; borders are counted as if they were not there. */
function convolution(call: KernelCall): Omit<KernelCost, "bytes"> {
  const { filters, maps } = partsOf(call);
  const [batch, , height, width] = maps;
  const [outputs, inputs] = filters;
  const window = windowOf(call.kernel, call.window);
  const places = batch * height * width;
  const plain = product(places * inputs * outputs * area(window.size));
  const bias = call.inputs.length > 2 ? places * outputs : 0;
  const cost = { ...plain, operations: plain.operations + bias };
  if (!fitsWinograd(window)) return cost;
  const tiles = batch * Math.ceil(height / TILE) * Math.ceil(width / TILE);
  return { ...cost, winograd_multiplications: WINOGRAD_PLANES * tiles * inputs * outputs };
}

/** A tile of 4×4 results of a 3×3 window takes 6×6 multiplications. */
const TILE = 4;
const WINOGRAD_PLANES = 6 * 6;

function fitsWinograd({ size, geometry: { stride, dilation } }: SlidingWindow): boolean {
  return size.every((length) => length === 3) &&
    [...stride, ...dilation].every((step) => step === 1);
}

/** The filters and what the forward face makes of the images. */
function partsOf({ kernel, inputs, outputs }: KernelCall): { filters: Shape; maps: Shape } {
  switch (kernel) {
    case "conv2dInput":
      return { filters: inputs[1], maps: inputs[0] };
    case "conv2dWeight":
      return { filters: outputs[0], maps: inputs[1] };
    default:
      return { filters: inputs[1], maps: outputs[0] };
  }
}

function windowOf(kernel: KernelName, window: SlidingWindow | undefined): SlidingWindow {
  if (window === undefined) throw new Error(`Cannot count ${kernel}: its call lacks the window`);
  return window;
}

function area([height, width]: SlidingWindow["size"]): number {
  return height * width;
}

function elementsMoved({ kernel, inputs, outputs }: KernelCall): number {
  const written = total(outputs);
  switch (kernel) {
    case "reshape":
      return 0;
    case "slice":
      return 2 * written;
    case "gather":
      // As many as there are indices, beside the indices.
      return sizeOf(inputs[1]) + 2 * written;
    default:
      return total(inputs) + written;
  }
}

function total(shapes: readonly Shape[]): number {
  return shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
}
