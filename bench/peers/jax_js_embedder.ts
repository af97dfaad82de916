/**
 * The embedder's second-order step in jax-js, which differentiates all of it to any order.
 *
 * Each use of an array but the last takes a reference (`ref`), because what an operation is given it
 * takes away.
 *
 * @module
 */

import type { EmbedderWork } from "../work.ts";
import { jax } from "./jax_js.ts";

const { lax, nn, numpy, random } = jax;

type NumbersOf = jax.numpy.Array;

const INNER_RATE = 1e-3;
const EPSILON = 1e-5;
const WEIGHTS_OF_BLOCK = 4;

/** Makes weights, two batches and labels. */
export function embedderInputs({ channelDivisor, batch, side }: EmbedderWork): NumbersOf[] {
  const widths = [128, 128, 256, 512].map((full) => Math.floor(full / channelDivisor));
  const blocks = widths.slice(1).flatMap((outputs, i) => {
    const bound = 1 / Math.sqrt(9 * widths[i]);
    return [
      random.uniform(random.key(i), [outputs, widths[i], 3, 3], { minval: -bound, maxval: bound }),
      numpy.zeros([outputs]),
      numpy.ones([outputs]),
      numpy.zeros([outputs]),
    ];
  });
  const last = widths[widths.length - 1];
  const features = (key: number) => random.uniform(random.key(key), [batch, widths[0], side, side]);
  return [
    ...blocks,
    random.uniform(random.key(9), [last, 1], { minval: -0.1, maxval: 0.1 }),
    numpy.zeros([1]),
    features(10),
    features(11),
    numpy.array(Array.from({ length: batch }, (_, i) => i % 2)),
  ];
}

/** The gradients with respect to the weights and both batches. */
export function embedderGradients(...inputs: NumbersOf[]): NumbersOf[] {
  const variables = inputs.slice(0, -1);
  const labels = inputs[inputs.length - 1];
  const differentiate = jax.grad((variables: NumbersOf[]) =>
    metaLoss(variables.slice(0, -2), variables.slice(-2), labels)
  );
  return differentiate(variables) as NumbersOf[];
}

/** The loss on the first batch, and on the second after an inner step. */
function metaLoss(
  weights: readonly NumbersOf[],
  [learned, tested]: readonly NumbersOf[],
  labels: NumbersOf,
): NumbersOf {
  const [loss, gradients] = jax.valueAndGrad((weights: NumbersOf[]) =>
    classify(learned, weights, labels.ref)
  )(weights.map(({ ref }) => ref)) as [NumbersOf, NumbersOf[]];
  const adapted = weights.map((weight, i) => weight.sub(gradients[i].mul(INNER_RATE)));
  return loss.add(classify(tested, adapted, labels));
}

function classify(x: NumbersOf, weights: readonly NumbersOf[], labels: NumbersOf): NumbersOf {
  const blocks = Math.floor(weights.length / WEIGHTS_OF_BLOCK);
  for (let i = 0; i < blocks; i++) {
    const [filters, bias, scale, shift] = weights.slice(WEIGHTS_OF_BLOCK * i);
    const mapped = lax.conv(x, filters, [1, 1], "SAME").add(perChannel(bias));
    x = nn.relu(normalize(mapped, scale, shift));
    if (i < blocks - 1) x = lax.reduceWindow(x, numpy.max, [2, 2], [2, 2]);
  }
  const [weight, bias] = weights.slice(-2);
  const logits = numpy.matmul(numpy.mean(x, [2, 3]), weight).add(bias).reshape([-1]);
  // Binary cross-entropy.
  return numpy.mean(nn.softplus(logits.ref).sub(logits.mul(labels)));
}

function normalize(x: NumbersOf, scale: NumbersOf, shift: NumbersOf): NumbersOf {
  const over = { keepdims: true };
  const centred = x.ref.sub(numpy.mean(x, [0, 2, 3], over));
  const variance = numpy.mean(numpy.square(centred.ref), [0, 2, 3], over);
  const factor = perChannel(scale).div(numpy.sqrt(variance.add(EPSILON)));
  return centred.mul(factor).add(perChannel(shift));
}

function perChannel(x: NumbersOf): NumbersOf {
  return x.reshape([1, -1, 1, 1]);
}
