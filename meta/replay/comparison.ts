/**
 * How tightly a replayed run is compared with the recorded one.
 *
 * A deviation is relative to the recorded tensor's largest value, with two floors, since what is
 * truly zero carries noise alone. A gradient's is relative to at least a hundredth of its network's
 * largest gradient: biases that a batch-norm cancels have none. A final weight's is relative to at
 * least Adam's rate, the distance that a weight with any gradient moves in a step.
 *
 * In f32 what comes after the first step is reported and not judged: PyTorch differs from itself
 * there.
 *
 * @module
 */

import type { ConvBlock } from "../networks/conv_block.ts";
import { depthEstimatorBlocks } from "../networks/depth_estimator.ts";
import { featureEmbedderBlocks } from "../networks/feature_embedder.ts";
import { featureExtractorBlocks } from "../networks/feature_extractor.ts";
import { PUBLISHED_NAMES } from "./trace.ts";

/** The precisions that a run can be recorded, replayed and judged in. */
export type Precision = "f32" | "f64";

/** What was replayed under one key of a trace. */
export interface Replayed {
  readonly key: string;
  readonly recorded: Float64Array;
  readonly replayed: ArrayLike<number>;
}

/** The largest deviation under one key, and the limit, if there is one. */
export interface Deviation {
  readonly key: string;
  readonly deviation: number;
  readonly limit: number | null;
}

/** The deviation of what cannot be compared, such as NaN: JSON knows no infinity. */
const INCOMPARABLE = Number.MAX_VALUE;

/** Batch-norm takes the mean away and with it the bias: Adam then amplifies a gradient of noise. */
const BIASES_BEFORE_NORM = new Set([
  ...finalBiases(PUBLISHED_NAMES.extractor, featureExtractorBlocks(1)),
  ...finalBiases(PUBLISHED_NAMES.depthEstimator, depthEstimatorBlocks(1)),
  ...finalBiases(PUBLISHED_NAMES.embedder, featureEmbedderBlocks(1)),
]);

/** Compares everything replayed, as the coarser precision of the two runs allows. */
export function compare(
  results: readonly Replayed[],
  precision: Precision,
  learningRate: number,
): Deviation[] {
  const largestGradients = new Map<string, number>();
  for (const { key, recorded } of results) {
    const group = gradientGroup(key);
    if (group === undefined) continue;
    largestGradients.set(group, Math.max(largestGradients.get(group) ?? 0, largest(recorded)));
  }
  const floorOf = (key: string): number => {
    if (key.startsWith("final/")) return learningRate;
    const group = gradientGroup(key);
    return group === undefined ? 0 : 1e-2 * (largestGradients.get(group) ?? 0);
  };
  return results.map(({ key, recorded, replayed }) => ({
    key,
    deviation: relativeDeviation(recorded, replayed, floorOf(key)),
    limit: limitOf(key, precision),
  }));
}

/** What a deviation under a key may be; null where it is reported and not judged. */
export function limitOf(key: string, precision: Precision): number | null {
  if (precision === "f64") {
    if (BIASES_BEFORE_NORM.has(key)) return null;
    return key.startsWith("final/") ? 1e-6 : 1e-8;
  }
  if (key.startsWith("step1/loss/")) return 1e-5;
  return gradientGroup(key) === undefined ? null : 1e-2;
}

/** Whether a deviation is beyond its limit. */
export function isBeyond({ deviation, limit }: Deviation): boolean {
  return limit !== null && deviation > limit;
}

function finalBiases(network: string, blocks: readonly ConvBlock[]): string[] {
  return blocks.map(({ conv }) => `final/${network}/${conv}.bias`);
}

/** The gradients that one is weighed against: `step1/grad/FeatExtor`, `step1/inner_grad0`. */
function gradientGroup(key: string): string | undefined {
  return key.match(/^step1\/(grad\/[^/]+|inner_grad\d+)/)?.[0];
}

function relativeDeviation(
  recorded: Float64Array,
  replayed: ArrayLike<number>,
  floor: number,
): number {
  if (recorded.length !== replayed.length) return INCOMPARABLE;
  const difference = largest(recorded.map((value, i) => value - replayed[i]));
  if (difference === 0) return 0;
  const deviation = difference / Math.max(largest(recorded), floor);
  return Number.isFinite(deviation) ? deviation : INCOMPARABLE;
}

/** The largest magnitude; NaN if there is one, so that it is never passed over. */
function largest(values: Float64Array): number {
  return values.reduce((worst, value) => Math.max(worst, Math.abs(value)), 0);
}
