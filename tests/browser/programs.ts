/**
 * What is computed both in a page and in Deno. The library is a parameter: the bundle in the one, the
 * sources in the other.
 *
 * @module
 */

import type { DType, Tensor } from "../../tensor/mod.ts";

/** What `deno task bundle` makes one file of. */
export type Library = typeof import("../../meta/browser.ts");

/**
 * A Hessian-vector product through a convolution, batch-norm, ReLU, max-pool and a linear layer, with
 * respect to the weights of all three.
 */
export async function secondOrder(rf: Library, dtype: DType): Promise<number[]> {
  const drawn = (name: string, ...shape: number[]) =>
    rf.normal(rf.foldIn(rf.randomKey(4), name), shape, { dtype });
  const images = drawn("images", 4, 3, 8, 8);
  const labels = rf.tensor([0, 1, 1, 0], [4, 1], { dtype });
  const weights = {
    filters: drawn("filters", 5, 3, 3, 3),
    scale: drawn("scale", 5),
    shift: drawn("shift", 5),
    matrix: drawn("matrix", 1, 5 * 4 * 4),
  };
  const direction = rf.mapTree(weights, (w) => rf.normal(rf.randomKey(w.size), w.shape, { dtype }));
  const loss = ({ filters, scale, shift, matrix }: typeof weights): Tensor => {
    const maps = rf.conv2d(images, filters, { padding: 1 });
    const normed = rf.relu(rf.batchNorm(maps, scale, shift).output);
    const pooled = rf.reshape(rf.maxPool2d(normed, 2), [4, -1]);
    return rf.bceWithLogits(rf.matmul(pooled, rf.transpose(matrix)), labels);
  };
  const products = rf.leaves(rf.hvp(loss)(weights, direction));
  const numbers = await Promise.all(products.map((product) => product.data()));
  return numbers.flatMap((array) => Array.from(array));
}

const STEPS = 3;
const DOMAINS = 3;

/** Small enough for a page, and with more than two images in a batch-norm of one pixel. */
const TINY = { imageSize: 32, channelDivisor: 32, batchSize: 2 };

/** The losses of the first meta-steps of tiny networks on images that are noise. */
export async function metaSteps(rf: Library): Promise<Record<string, number>[]> {
  const config = { ...rf.DEFAULTS, ...TINY };
  const { learningRate, beta1, beta2, epsilon, metaTrainSize, imageSize } = config;
  const count = 2 * config.batchSize;
  const depthSize = imageSize / 8;
  const batches = Array.from({ length: DOMAINS }, (_, domain) => ({
    images: rf.uniform(rf.randomKey(domain), [count, 6, imageSize, imageSize]),
    depths: rf.uniform(rf.randomKey(DOMAINS + domain), [count, 1, depthSize, depthSize]),
    labels: rf.tensor(Array.from({ length: count }, (_, i) => i % 2)),
  }));
  const method = rf.METHODS[config.method];
  const roles = rf.divide(batches, method, metaTrainSize);
  const optimizer = rf.adam({ lr: learningRate, betas: [beta1, beta2], epsilon });
  const model = rf.initModel(rf.randomKey(2 * DOMAINS), config);
  let state = { ...model, optimizer: optimizer.init(model.weights) };
  const steps: Record<string, number>[] = [];
  for (let step = 0; step < STEPS; step++) {
    const { state: next, outcome } = rf.trainStep(state, roles, method.adapt, config, optimizer);
    const losses = Object.entries(outcome.losses);
    const numbers = await Promise.all(losses.map(([, loss]) => loss.item()));
    steps.push(Object.fromEntries(losses.map(([name], i) => [name, numbers[i]])));
    state = next;
  }
  return steps;
}
