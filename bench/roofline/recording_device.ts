/**
 * A device that computes nothing: it notes what it is asked for and hands out buffers that hold nothing,
 * so that a training step of any size runs on it in a moment.
 *
 * Shapes are all that automatic differentiation needs to know of a tensor; nothing can be read back.
 *
 * @module
 */

import type { Device, KernelOperand, Kernels, Shape } from "../../tensor/mod.ts";
import { sizeOf } from "../../tensor/shape.ts";
import type { KernelCall, KernelName, SlidingWindow } from "./kernel_call.ts";

/** Where a tensor would lie. */
interface Place {
  readonly bytes: number;
}

type Operand = KernelOperand<Place>;

/** A device that notes calls. */
export interface RecordingDevice extends Device<Place> {
  /** The most that tensors would have held at once. */
  readonly peakBytes: number;
  /** The largest single tensor. */
  readonly largestBytes: number;
}

/** An element takes as much in float32 as in int32. */
const ELEMENT_BYTES = 4;

/** Makes a device that tells `note` of each call. */
export function recordingDevice(note: (call: KernelCall) => void): RecordingDevice {
  let liveBytes = 0;
  let peakBytes = 0;
  let largestBytes = 0;
  const place = (shape: Shape): Place => {
    const bytes = ELEMENT_BYTES * sizeOf(shape);
    liveBytes += bytes;
    peakBytes = Math.max(peakBytes, liveBytes);
    largestBytes = Math.max(largestBytes, bytes);
    return { bytes };
  };
  return {
    name: "recording",
    dtypes: ["float32", "int32"],
    kernels: recordingKernels(note, place),
    write: (_, { shape }) => place(shape),
    read: () => Promise.reject(new Error("Cannot read a tensor of the recording device")),
    bytes: ({ bytes }) => bytes,
    free: ({ bytes }) => {
      liveBytes -= bytes;
    },
    get peakBytes() {
      return peakBytes;
    },
    get largestBytes() {
      return largestBytes;
    },
  };
}

function recordingKernels(
  note: (call: KernelCall) => void,
  place: (shape: Shape) => Place,
): Kernels<Place> {
  const call = (
    kernel: KernelName,
    operands: readonly Operand[],
    shape: Shape,
    window?: SlidingWindow,
  ): Place => {
    note({ kernel, inputs: operands.map(({ shape }) => shape), outputs: [shape], window });
    return place(shape);
  };
  const callForThree = (
    kernel: KernelName,
    operands: readonly Operand[],
    outputs: readonly [Shape, Shape, Shape],
  ): [Place, Place, Place] => {
    note({ kernel, inputs: operands.map(({ shape }) => shape), outputs });
    return [place(outputs[0]), place(outputs[1]), place(outputs[2])];
  };
  const mapped = (kernel: KernelName) => (x: Operand) => call(kernel, [x], x.shape);
  const paired = (kernel: KernelName) => (x: Operand, y: Operand, shape: Shape) =>
    call(kernel, [x, y], shape);
  const normalized =
    (kernel: "batchNorm" | "batchNormRelu") => (x: Operand, weight: Operand, bias: Operand) => {
      const shapes = [x.shape, weight.shape, weight.shape] as const;
      const [output, mean, variance] = callForThree(kernel, [x, weight, bias], shapes);
      return { output, mean, variance };
    };

  return {
    fill: (_, { shape }) => call("fill", [], shape),
    uniform: (_, { shape }) => call("uniform", [], shape),
    cast: mapped("cast"),

    scale: mapped("scale"),
    pow: mapped("pow"),
    sqrt: mapped("sqrt"),
    exp: mapped("exp"),
    log: mapped("log"),
    sin: mapped("sin"),
    cos: mapped("cos"),
    tanh: mapped("tanh"),
    abs: mapped("abs"),
    relu: mapped("relu"),
    sigmoid: mapped("sigmoid"),
    softplus: mapped("softplus"),
    positive: mapped("positive"),

    add: paired("add"),
    mul: paired("mul"),
    combine: (x, _a, y, _b) => call("combine", [x, y], x.shape),
    accumulate: (into, x) =>
      note({ kernel: "accumulate", inputs: [into.shape, x.shape], outputs: [into.shape] }),
    greater: paired("greater"),
    equal: paired("equal"),
    where: (mask, x, y, shape) => call("where", [mask, x, y], shape),

    // The same elements in the same order: no device has to move them.
    reshape: (x) => x.buffer,
    permute: (x, axes) => call("permute", [x], axes.map((axis) => x.shape[axis])),
    broadcastTo: (x, shape) => call("broadcastTo", [x], shape),
    slice: (x, _, shape) => call("slice", [x], shape),
    pad: (x, _, shape) => call("pad", [x], shape),
    cat: (xs, _, shape) => call("cat", xs, shape),

    sumTo: (x, shape) => call("sumTo", [x], shape),
    argmax: (x) => call("argmax", [x], x.shape.slice(0, -1)),
    gather: (x, index) => call("gather", [x, index], index.shape),
    scatterAdd: (g, index, _, shape) => call("scatterAdd", [g, index], shape),

    matmul: paired("matmul"),
    conv2d: (x, weight, geometry, shape, bias) =>
      call("conv2d", bias === undefined ? [x, weight] : [x, weight, bias], shape, {
        size: windowOf(weight.shape),
        geometry,
      }),
    conv2dInput: (g, weight, geometry, shape) =>
      call("conv2dInput", [g, weight], shape, { size: windowOf(weight.shape), geometry }),
    conv2dWeight: (x, g, geometry, shape) =>
      call("conv2dWeight", [x, g], shape, { size: windowOf(shape), geometry }),
    argmaxPool: (x, size, geometry, shape) => call("argmaxPool", [x], shape, { size, geometry }),

    batchNorm: normalized("batchNorm"),
    batchNormBackward: (x, weight, mean, variance, g) =>
      gradients(
        callForThree("batchNormBackward", [x, weight, mean, variance, g], [
          x.shape,
          weight.shape,
          weight.shape,
        ]),
      ),
    batchNormRelu: normalized("batchNormRelu"),
    batchNormReluBackward: (x, weight, bias, mean, variance, g) =>
      gradients(
        callForThree("batchNormReluBackward", [x, weight, bias, mean, variance, g], [
          x.shape,
          weight.shape,
          weight.shape,
        ]),
      ),

    adam: (weight, gradient, mean, variance) => {
      const { shape } = weight;
      const operands = [weight, gradient, mean, variance];
      const [moved, ...running] = callForThree("adam", operands, [shape, shape, shape]);
      return { weight: moved, mean: running[0], variance: running[1] };
    },
  };
}

function gradients([x, weight, bias]: [Place, Place, Place]) {
  return { x, weight, bias };
}

function windowOf(filters: Shape): readonly [number, number] {
  return [filters[2], filters[3]];
}
