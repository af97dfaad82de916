/**
 * The optimiser that a config asks for.
 *
 * @module
 */

import { adam, type AdamState, type Optimizer, schedules } from "../nn/mod.ts";
import type { TrainingConfig } from "./config.ts";

/** Adam over all three networks, its rate scheduled over `steps` steps. */
export function optimizerOf(config: TrainingConfig, steps: number): Optimizer<AdamState> {
  const { learningRate, beta1, beta2, epsilon, weightDecay, schedule } = config;
  const lr = schedule === "cosine"
    ? schedules.cosineAnnealing(learningRate, { steps })
    : learningRate;
  return adam({ lr, betas: [beta1, beta2], epsilon, weightDecay });
}
