/**
 * The embedder's second-order step in TensorFlow.js.
 *
 * It differentiates neither its convolutions nor its max-pool twice. Here both are defined as operations
 * of their own whose gradients are made of one another, on the fastest kernels that it has.
 *
 * @module
 */

import type { EmbedderWork } from "../work.ts";
import { tf } from "./tfjs.ts";

type Maps = tf.Tensor4D;
type Weights = readonly tf.Tensor[];

/** The step's inputs, and the step, which returns a gradient. */
export interface EmbedderStep {
  readonly inputs: readonly tf.Tensor[];
  readonly run: () => tf.Tensor;
}

const INNER_RATE = 1e-3;
const EPSILON = 1e-5;
const WEIGHTS_OF_BLOCK = 4;

/** Makes weights and two batches. */
export function prepareEmbedderStep({ channelDivisor, batch, side }: EmbedderWork): EmbedderStep {
  const widths = [128, 128, 256, 512].map((full) => Math.floor(full / channelDivisor));
  const blocks = widths.slice(1).flatMap((outputs, i) => {
    const bound = 1 / Math.sqrt(9 * widths[i]);
    return [
      tf.randomUniform([3, 3, widths[i], outputs], -bound, bound),
      tf.zeros([outputs]),
      tf.ones([outputs]),
      tf.zeros([outputs]),
    ];
  });
  const last = widths[widths.length - 1];
  const weights = [...blocks, tf.randomUniform([last, 1], -0.1, 0.1), tf.zeros([1])];
  const features = () => tf.randomUniform([batch, side, side, widths[0]], 0, 1);
  const labels = tf.tensor1d(Array.from({ length: batch }, (_, i) => i % 2));
  const variables = [...weights, features(), features()];
  return {
    inputs: [...variables, labels],
    run: () =>
      tf.tidy(() => {
        const differentiate = tf.grads((...variables: tf.Tensor[]) =>
          metaLoss(variables.slice(0, -2), variables.slice(-2) as Maps[], labels)
        );
        return differentiate(variables)[0];
      }),
  };
}

/** The loss on the first batch, and on the second after an inner step. */
export function metaLoss(
  weights: Weights,
  [learned, tested]: readonly Maps[],
  labels: tf.Tensor1D,
): tf.Scalar {
  const { value, grads } = tf.valueAndGrads((...weights: tf.Tensor[]) =>
    classify(learned, weights, labels)
  )([...weights]);
  const adapted = weights.map((weight, i) => tf.sub(weight, tf.mul(grads[i], INNER_RATE)));
  return tf.add(value, classify(tested, adapted, labels));
}

function classify(x: Maps, weights: Weights, labels: tf.Tensor1D): tf.Scalar {
  const blocks = Math.floor(weights.length / WEIGHTS_OF_BLOCK);
  for (let i = 0; i < blocks; i++) {
    const [filters, bias, scale, shift] = weights.slice(WEIGHTS_OF_BLOCK * i);
    const mapped: Maps = tf.add(convolve(x, filters as Maps), bias);
    x = tf.relu(normalize(mapped, scale, shift));
    if (i < blocks - 1) x = maxPool(x);
  }
  const [weight, bias] = weights.slice(-2);
  const logits = tf.add(tf.matMul(tf.mean<tf.Tensor2D>(x, [1, 2]), weight as tf.Tensor2D), bias);
  return crossEntropy(tf.reshape(logits, [-1]), labels);
}

/**
 * Not `losses.sigmoidCrossEntropy`, which takes an exponential: the derivative of that uses the saved
 * result, on which TensorFlow.js loses track of the input, and the second derivative comes out wrong.
 */
function crossEntropy(logits: tf.Tensor1D, labels: tf.Tensor1D): tf.Scalar {
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, labels)));
}

function normalize(x: Maps, scale: tf.Tensor, shift: tf.Tensor): Maps {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const factor = tf.mul(tf.rsqrt(tf.add(variance, EPSILON)), scale);
  return tf.add(tf.mul(tf.sub(x, mean), factor), shift);
}

// The three faces of a convolution: the gradients of each are the other two.

function convolve(x: Maps, filters: Maps): Maps {
  return operation(
    [x, filters],
    (x, filters) => ({ value: tf.conv2d(x, filters, 1, "same"), kept: [x, filters] }),
    (g, x, filters) => [spread(g, filters, x.shape), collect(x, g, filters.shape)],
  );
}

function spread(g: Maps, filters: Maps, shape: Maps["shape"]): Maps {
  return operation(
    [g, filters],
    (g, filters) => ({
      value: tf.conv2dTranspose(g, filters, shape, 1, "same"),
      kept: [g, filters],
    }),
    (h, g, filters) => [convolve(h, filters), collect(h, g, filters.shape)],
  );
}

/** As a product of matrices, which takes a third of the time of the kernel made for it. */
function collect(x: Maps, g: Maps, filterShape: Maps["shape"]): Maps {
  const outputs = filterShape[3];
  return operation(
    [x, g],
    (x, g) => {
      const columns: tf.Tensor2D = tf.reshape(g, [-1, outputs]);
      return {
        value: tf.reshape(tf.matMul(patchesOf(x), columns, true), filterShape),
        kept: [x, g],
      };
    },
    (h, x, g) => [spread(g, h, x.shape), convolve(x, h)],
  );
}

/** The pixels under each place of a 3×3 window, a place a row. */
function patchesOf(x: Maps): tf.Tensor2D {
  const [, , , channels] = x.shape;
  const padded = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]);
  const places = [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => [0, i, j, 0]));
  const taps = places.map((start) => tf.slice(padded, start, x.shape));
  return tf.reshape(tf.concat(taps, 3), [-1, places.length * channels]);
}

// The max-pool of 2×2: its gradient spreads over a mask, and the gradient of that picks by it.

function maxPool(x: Maps): Maps {
  return operation(
    [x],
    (x) => {
      const value = tf.maxPool(x, 2, 2, "valid");
      return { value, kept: [tf.cast(tf.equal(x, enlarge(value)), "float32")] };
    },
    (g, mask) => [unpool(g, mask)],
  );
}

function unpool(g: Maps, mask: Maps): Maps {
  return operation(
    [g],
    (g) => ({ value: tf.mul(enlarge(g), mask), kept: [mask] }),
    (h, mask) => [pick(h, mask)],
  );
}

function pick(h: Maps, mask: Maps): Maps {
  return operation(
    [h],
    (h) => ({ value: tf.mul(tf.avgPool(tf.mul<Maps>(h, mask), 2, 2, "valid"), 4), kept: [mask] }),
    (g, mask) => [unpool(g, mask)],
  );
}

function enlarge(x: Maps): Maps {
  const [, height, width] = x.shape;
  return tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width]);
}

/** An operation with gradients of its own, in terms of what its forward pass keeps. */
function operation(
  inputs: readonly Maps[],
  forward: (...inputs: Maps[]) => { readonly value: Maps; readonly kept: Maps[] },
  gradients: (g: Maps, ...kept: Maps[]) => Maps[],
): Maps {
  const differentiable = tf.customGrad((...args) => {
    const save = args[args.length - 1] as tf.GradSaveFunc;
    const { value, kept } = forward(...args.slice(0, -1) as Maps[]);
    save(kept);
    return { value, gradFunc: (g, kept) => gradients(g as Maps, ...kept as Maps[]) };
  });
  return differentiable(...inputs) as Maps;
}
