/**
 * Named sets of settings.
 *
 * @module
 */

import { DEFAULTS, type TrainingConfig } from "./config.ts";

/**
 * The published code, quirks included: what every default already is. A step's maps at the paper's size
 * would take 23 GB, so those of a stage are made again where they are needed.
 */
export const FAITHFUL: TrainingConfig = { ...DEFAULTS, recompute: "stages" };

/** A quarter of the channels on images of 64 pixels: hours become minutes. */
export const SMALL: TrainingConfig = {
  ...DEFAULTS,
  imageSize: 64,
  channelDivisor: 4,
  batchSize: 5,
};

/**
 * What `deno task train` runs without arguments, on a synthetic set, within minutes on two cores. So few
 * steps want a higher rate, and a meta learner that is scored by more than its last batch's statistics.
 */
export const DEMO: TrainingConfig = {
  ...DEFAULTS,
  imageSize: 64,
  channelDivisor: 16,
  batchSize: 5,
  steps: 100,
  learningRate: 3e-3,
  embedderNormMomentum: 0.1,
  checkpointEvery: 25,
};

/** The presets by name. */
export const PRESETS = { faithful: FAITHFUL, small: SMALL, demo: DEMO } as const;

/** The name of a preset. */
export type PresetName = keyof typeof PRESETS;
