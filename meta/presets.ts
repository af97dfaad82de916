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
 * What `deno task train` runs without arguments: the small networks on a synthetic set, within three
 * minutes on two cores. After so few steps the meta learner has to be scored by more than its last
 * batch's statistics.
 */
export const DEMO: TrainingConfig = {
  ...SMALL,
  steps: 200,
  embedderNormMomentum: 0.1,
  checkpointEvery: 50,
};

/** The presets by name. */
export const PRESETS = { faithful: FAITHFUL, small: SMALL, demo: DEMO } as const;

/** The name of a preset. */
export type PresetName = keyof typeof PRESETS;
