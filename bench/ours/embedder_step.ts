/**
 * The embedder's second-order step of our library.
 *
 * @module
 */

import { add, bceWithLogits, valueAndGrad } from "../../autograd/mod.ts";
import { DEFAULTS, embed, initModel, METHODS, type NamedTensors } from "../../meta/mod.ts";
import { leaves, randomKey, scope, type Tensor, tensor, uniform } from "../../tensor/mod.ts";
import type { EmbedderWork, Prepared } from "../work.ts";
import { repeated } from "./repeated.ts";

const PASS = { training: true, momentum: 1 };

/** Makes the embedder's weights and two batches of features. */
export function prepareEmbedder({ channelDivisor, batch, side }: EmbedderWork): Prepared {
  const { weights, statistics } = embedderOf(channelDivisor);
  const channels = Math.floor(128 / channelDivisor);
  const features = (seed: number) => uniform(randomKey(seed), [batch, channels, side, side]);
  const variables = { weights, learned: features(1), tested: features(2) };
  const labels = tensor(Array.from({ length: batch }, (_, i) => i % 2));

  const classify = (x: Tensor, weights: NamedTensors): [Tensor, NamedTensors] => {
    const [logits, moved] = embed(x, weights, statistics, channelDivisor, PASS);
    return [bceWithLogits(logits, labels), moved];
  };
  const differentiate = valueAndGrad(({ weights, learned, tested }: typeof variables) => {
    const { loss, weights: adapted } = METHODS.rfmeta.adapt(
      (weights) => classify(learned, weights),
      weights,
      DEFAULTS.innerLearningRate,
    );
    const [testLoss] = classify(tested, adapted);
    return add(loss, testLoss);
  });
  return repeated(
    () => scope(() => differentiate(variables)[1].learned),
    [...leaves(variables), ...leaves(statistics), labels],
  );
}

function embedderOf(channelDivisor: number) {
  return scope(() => {
    const { weights, statistics } = initModel(randomKey(0), { ...DEFAULTS, channelDivisor });
    return { weights: weights.embedder, statistics: statistics.embedder };
  });
}
