import { sigmoid } from "../../autograd/mod.ts";
import { scope, type Tensor } from "../../tensor/mod.ts";
import { SCORING } from "./conv_block.ts";
import { embed } from "./feature_embedder.ts";
import { extractFeatures } from "./feature_extractor.ts";
import type { Model } from "./model.ts";

/**
 * Scores images by a trained model: from 0 to 1, higher for live.
 *
 * Shape: images [N, 6, S, S]; gives [N].
 */
export function liveScores(images: Tensor, model: Model, channelDivisor: number): Tensor {
  const { weights, statistics } = model;
  return scope(() => {
    const [features] = extractFeatures(
      images,
      weights.extractor,
      statistics.extractor,
      channelDivisor,
      SCORING,
    );
    const [logits] = embed(
      features.last,
      weights.embedder,
      statistics.embedder,
      channelDivisor,
      SCORING,
    );
    return sigmoid(logits);
  });
}
