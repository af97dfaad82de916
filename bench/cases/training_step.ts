/**
 * The whole meta-update.
 *
 * @module
 */

import { DEFAULTS, divide, initModel, METHODS, PRESETS, trainStep } from "../../meta/mod.ts";
import { optimizerOf } from "../../meta/optimizer.ts";
import { randomKey, scope, tensor, uniform } from "../../tensor/mod.ts";
import type { Case } from "../case.ts";

const DOMAINS = 3;

function stepCase(name: string, settings: Partial<typeof DEFAULTS>): Case {
  const config = { ...DEFAULTS, ...settings };
  const { imageSize, batchSize } = config;
  return {
    name: `meta-step ${name}: width / ${config.channelDivisor}, ${imageSize}², ` +
      `${batchSize} + ${batchSize} images a domain`,
    group: "step-small",
    prepare: () => {
      const count = 2 * batchSize;
      const depthSize = imageSize / 8;
      const batches = Array.from({ length: DOMAINS }, (_, domain) => ({
        images: uniform(randomKey(domain), [count, 6, imageSize, imageSize]),
        depths: uniform(randomKey(10 + domain), [count, 1, depthSize, depthSize]),
        labels: tensor(Array.from({ length: count }, (_, i) => i % 2)),
      }));
      const model = initModel(randomKey(0), config);
      const optimizer = optimizerOf(config, 1);
      const state = { ...model, optimizer: optimizer.init(model.weights) };
      const method = METHODS[config.method];
      const roles = divide(batches, method, config.metaTrainSize);
      return () => scope(() => void trainStep(state, roles, method.adapt, config, optimizer));
    },
  };
}

/** The cases of this file. */
export const TRAINING_STEPS: readonly Case[] = [
  stepCase("demo", PRESETS.demo),
  stepCase("small", PRESETS.small),
];
