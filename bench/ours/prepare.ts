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
import { prepareEmbedder } from "./embedder_step.ts";
import { repeated } from "./repeated.ts";
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
    case "embedder":
      return prepareEmbedder(work);
  }
}

const GEOMETRY = { padding: 1 };

function convolution({ kind, batch, inputs, outputs, side }: ConvolutionWork): Prepared {
  const image = () => maps([batch, inputs, side, side], 0);
  const map = () => maps([batch, outputs, side, side], 1);
  const weight = [outputs, inputs, 3, 3];
  switch (kind) {
    case "conv2d":
      return repeatedOn([image(), ...random([weight])], ([x, w]) => conv2d(x, w, GEOMETRY));
    case "conv2dInput": {
      const shape = [batch, inputs, side, side];
      return repeatedOn(
        [map(), ...random([weight])],
        ([g, w]) => conv2dInput(g, w, shape, GEOMETRY),
      );
    }
    case "conv2dWeight":
      return repeatedOn([image(), map()], ([x, g]) => conv2dWeight(x, g, weight, GEOMETRY));
  }
}

/** Random maps in the order in which a device's convolutions leave them, as in the networks. */
function maps([batch, channels, height, width]: Shape, seed: number): Tensor {
  return scope(() => {
    const x = uniform(randomKey(seed), [batch, 4, height, width]);
    const mixture = uniform(randomKey(seed + 2), [channels, 4, 1, 1]);
    return conv2d(add(mul(x, 2), -1), add(mul(mixture, 2), -1));
  });
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
  const { f, perChannel, output } = kind === "norm"
    ? {
      f: ([x, weight, bias]: readonly Tensor[]) => batchNormRelu(x, weight, bias).output,
      perChannel: [[channels], [channels]],
      output: shape,
    }
    : {
      f: ([x]: readonly Tensor[]) => maxPool2d(x, 2),
      perChannel: [],
      output: [batch, channels, height / 2, width / 2],
    };
  const xs = [maps(shape, 0), ...random(perChannel)];
  if (pass === "forward") return repeated(() => forwardPass(f, xs), xs);
  const incoming = maps(output, 1);
  const work = new BackwardPass(f, xs, incoming);
  return repeated(() => work.backward(), [incoming, ...xs], () => work.forward());
}

function repeatable(
  shapes: readonly Shape[],
  f: (xs: readonly Tensor[]) => Tensor,
): Prepared {
  return repeatedOn(random(shapes), f);
}

function repeatedOn(xs: readonly Tensor[], f: (xs: readonly Tensor[]) => Tensor): Prepared {
  return repeated(() => scope(() => f(xs)), xs);
}

/** Between −1 and 1, so that ReLU has something to do. */
function random(shapes: readonly Shape[]): Tensor[] {
  return shapes.map((shape, i) => scope(() => add(mul(uniform(randomKey(i), shape), 2), -1)));
}
