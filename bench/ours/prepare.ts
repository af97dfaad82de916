/**
 * Work in terms of our own library, on the current device.
 *
 * @module
 */

import {
  add,
  batchNormRelu,
  conv2d,
  conv2dInput,
  conv2dWeight,
  grad,
  matmul,
  maxPool2d,
  mul,
  relu,
  sigmoid,
  sum,
} from "../../autograd/mod.ts";
import { randomKey, scope, type Shape, type Tensor, uniform } from "../../tensor/mod.ts";
import type {
  ChainWork,
  ConvolutionWork,
  ElementwiseWork,
  LayerWork,
  MatmulWork,
  Prepared,
  Work,
} from "../work.ts";
import { BackwardPass, forwardPass } from "./backward.ts";
import { prepareStep } from "./training_step.ts";

/** Makes the inputs of a piece of work. */
export function prepare(work: Work): Prepared {
  switch (work.kind) {
    case "conv2d":
    case "conv2dInput":
    case "conv2dWeight":
      return convolution(work);
    case "matmul":
      return product(work);
    case "norm":
    case "pool":
      return layer(work);
    case "elementwise":
      return elementwise(work);
    case "chain":
      return chain(work);
    case "step":
      return prepareStep(work);
  }
}

const GEOMETRY = { padding: 1 };

function convolution({ kind, batch, inputs, outputs, side }: ConvolutionWork): Prepared {
  const image = [batch, inputs, side, side];
  const map = [batch, outputs, side, side];
  const weight = [outputs, inputs, 3, 3];
  switch (kind) {
    case "conv2d":
      return repeatable([image, weight], ([x, w]) => conv2d(x, w, GEOMETRY));
    case "conv2dInput":
      return repeatable([map, weight], ([g, w]) => conv2dInput(g, w, image, GEOMETRY));
    case "conv2dWeight":
      return repeatable([image, map], ([x, g]) => conv2dWeight(x, g, weight, GEOMETRY));
  }
}

function product({ size }: MatmulWork): Prepared {
  return repeatable([[size, size], [size, size]], ([x, y]) => matmul(x, y));
}

function elementwise({ op, shape }: ElementwiseWork): Prepared {
  switch (op) {
    case "add":
      return repeatable([shape, shape], ([x, y]) => add(x, y));
    case "relu":
      return repeatable([shape], ([x]) => relu(x));
    case "sigmoid":
      return repeatable([shape], ([x]) => sigmoid(x));
  }
}

function chain({ length, size }: ChainWork): Prepared {
  const differentiate = grad((x: Tensor) => {
    let y = x;
    for (let i = 0; i < length; i += 2) y = add(mul(y, x), x);
    return sum(y);
  });
  return repeatable([[size]], ([x]) => differentiate(x));
}

function layer({ kind, pass, shape }: LayerWork): Prepared {
  const [batch, channels, height, width] = shape;
  const { f, inputs, output } = kind === "norm"
    ? {
      f: ([x, weight, bias]: Tensor[]) => batchNormRelu(x, weight, bias).output,
      inputs: [shape, [channels], [channels]],
      output: shape,
    }
    : {
      f: ([x]: Tensor[]) => maxPool2d(x, 2),
      inputs: [shape],
      output: [batch, channels, height / 2, width / 2],
    };
  if (pass === "forward") {
    const xs = random(inputs);
    return { run: () => forwardPass(f, xs), end: () => disposeAll(xs) };
  }
  const [incoming, ...xs] = random([output, ...inputs]);
  const work = new BackwardPass(f, xs, incoming);
  return {
    before: () => work.forward(),
    run: () => work.backward(),
    end: () => disposeAll([incoming, ...xs]),
  };
}

function repeatable(shapes: readonly Shape[], f: (xs: Tensor[]) => Tensor): Prepared {
  const xs = random(shapes);
  return { run: () => scope(() => void f(xs)), end: () => disposeAll(xs) };
}

/** Between −1 and 1, so that ReLU has something to do. */
function random(shapes: readonly Shape[]): Tensor[] {
  return shapes.map((shape, i) => scope(() => add(mul(uniform(randomKey(i), shape), 2), -1)));
}

function disposeAll(tensors: readonly Tensor[]): void {
  for (const tensor of tensors) tensor.dispose();
}
