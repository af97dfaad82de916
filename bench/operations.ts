/**
 * How many floating-point operations work costs when it is done the plain way.
 *
 * @module
 */

import { depthEstimatorBlocks } from "../meta/networks/depth_estimator.ts";
import { featureEmbedderBlocks } from "../meta/networks/feature_embedder.ts";
import { featureExtractorBlocks } from "../meta/networks/feature_extractor.ts";
import type { ConvolutionWork, EmbedderWork, StepWork } from "./work.ts";

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
  const extractor = featureExtractorBlocks(channelDivisor).map((block, i) => {
    const stage = Math.max(0, Math.ceil(i / 3) - 1);
    const inputsAreImages = i === 0;
    const convolutions = inputsAreImages ? FORWARD_AND_BACKWARD - 1 : FORWARD_AND_BACKWARD;
    const side = imageSize / 2 ** stage;
    return DOMAINS * convolutions * convolutionOperations({ ...block, batch, side });
  });
  const depthEstimator = depthEstimatorBlocks(channelDivisor).map((block) =>
    DOMAINS * FORWARD_AND_BACKWARD *
    convolutionOperations({ ...block, batch, side: imageSize / 8 })
  );
  const embedder = META_TRAIN * embedderOperations({ channelDivisor, batch, side: imageSize / 8 });
  return sum(extractor) + sum(depthEstimator) + embedder;
}

/** The convolutions of the embedder's part of a meta-step, for one domain that it is learned from. */
export function embedderOperations(
  { channelDivisor, batch, side }: Omit<EmbedderWork, "kind">,
): number {
  return sum(
    featureEmbedderBlocks(channelDivisor).map((block, i) => {
      const adapting = i === 0 ? SECOND_ORDER_FIRST : SECOND_ORDER;
      const convolutions = adapting + FORWARD_AND_BACKWARD;
      return convolutions * convolutionOperations({ ...block, batch, side: side / 2 ** i });
    }),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
