/**
 * Scoring samples of a dataset with a trained model.
 *
 * @module
 */

import { INPUT_CHANNELS, type ReaderOptions, type Sample, scoringBatches } from "../data/mod.ts";
import type { ScoreTable } from "../eval/mod.ts";
import { type Tensor, tensor } from "../tensor/mod.ts";
import { liveScores } from "./networks/live_scores.ts";
import type { Model } from "./networks/model.ts";

const IMAGES_AT_ONCE = 20;

/** Called with the number of samples scored so far. */
export type OnScored = (done: number) => void;

/** Scores samples in their order; keeps what is known of each beside its score. */
export async function scoreSamples(
  samples: readonly Sample[],
  model: Model,
  channelDivisor: number,
  reader: ReaderOptions,
  onScored: OnScored = () => {},
): Promise<ScoreTable> {
  const score = new Float32Array(samples.length);
  let done = 0;
  for await (const batch of scoringBatches(samples, IMAGES_AT_ONCE, reader)) {
    using images = imageTensor(batch.images, batch.samples.length, reader.imageSize);
    using scores = liveScores(images, model, channelDivisor);
    score.set(await scores.data(), done);
    done += batch.samples.length;
    onScored(done);
  }
  return {
    score,
    label: samples.map((sample) => sample.label),
    image: samples.map((sample) => sample.image),
    ...known("subject", samples),
    ...known("video", samples),
    ...known("attack", samples),
  };
}

/** Network-ready images as a tensor [N, 6, S, S]. */
export function imageTensor(images: Float32Array, count: number, imageSize: number): Tensor {
  return tensor(images, [count, INPUT_CHANNELS, imageSize, imageSize]);
}

/** A column of facts, if the manifest knows any. */
function known(
  fact: "subject" | "video" | "attack",
  samples: readonly Sample[],
): Partial<Record<typeof fact, string[]>> {
  return samples.some((sample) => sample[fact] !== undefined)
    ? { [fact]: samples.map((sample) => sample[fact] ?? "") }
    : {};
}
