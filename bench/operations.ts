/**
 * How many floating-point operations work costs when it is done the plain way.
 *
 * @module
 */

import { depthEstimatorBlocks } from "../meta/networks/depth_estimator.ts";
import { featureEmbedderBlocks } from "../meta/networks/feature_embedder.ts";
import { featureExtractorBlocks } from "../meta/networks/feature_extractor.ts";
import type { ConvolutionWork, StepWork } from "./work.ts";

/** The same for the three faces of a convolution; borders are counted as if they were not there. */
export function convolutionOperations(
  { batch, inputs, outputs, side }: Omit<ConvolutionWork, "kind">,
): number {
  return 2 * 3 * 3 * batch * inputs * outputs * side * side;
}

/** Two domains are learned from, and one tests the embedder that each has adapted. */
const META_TRAIN = 2;
const DOMAINS = 3;
/** A convolution, and its derivatives with respect to its weights and its input. */
const FORWARD_AND_BACKWARD = 3;
/** The inner step's three, and the two derivatives of each. */
const SECOND_ORDER = 9;
/** As above, of a first layer: the inner gradient is not wanted with respect to its input. */
const SECOND_ORDER_FIRST = 6;

/** The convolutions of a meta-step; everything else in it is little arithmetic. */
export function stepOperations({ channelDivisor, imageSize, batchSize }: StepWork): number {
  const batch = 2 * batchSize;
  const layer = (
    { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
    side: number,
    convolutions: number,
  ) => convolutions * convolutionOperations({ batch, inputs, outputs, side });

  const extractor = featureExtractorBlocks(channelDivisor).map((block, i) => {
    const stage = Math.max(0, Math.ceil(i / 3) - 1);
    const inputsAreImages = i === 0;
    const convolutions = inputsAreImages ? FORWARD_AND_BACKWARD - 1 : FORWARD_AND_BACKWARD;
    return layer(block, imageSize / 2 ** stage, DOMAINS * convolutions);
  });
  const depthEstimator = depthEstimatorBlocks(channelDivisor)
    .map((block) => layer(block, imageSize / 8, DOMAINS * FORWARD_AND_BACKWARD));
  const embedder = featureEmbedderBlocks(channelDivisor).map((block, i) => {
    const adapting = i === 0 ? SECOND_ORDER_FIRST : SECOND_ORDER;
    const convolutions = META_TRAIN * (adapting + FORWARD_AND_BACKWARD);
    return layer(block, imageSize / 2 ** (3 + i), convolutions);
  });
  return [...extractor, ...depthEstimator, ...embedder].reduce((sum, each) => sum + each);
}
