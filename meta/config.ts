/**
 * Everything that a training run can be told, once: the command line, config files and the resolved
 * config in a run folder are all read and written by this table.
 *
 * @module
 */

import { DEVICE_NAMES } from "../tensor/mod.ts";
import { choice, integer, list, number, text } from "./command_options.ts";
import type { Values } from "./command_line.ts";
import { type MethodName, METHODS } from "./methods.ts";

const METHOD_NAMES = Object.keys(METHODS) as MethodName[];
const METHODS_EXPLAINED = METHOD_NAMES.map((name) => `${name} is ${METHODS[name].summary}`);

/** The settings of a training run, with the published code's values where it has one. */
export const SETTINGS = {
  data: text("folder of the dataset, one folder a domain", { label: "DIR", default: "" }),
  sources: list("domains to learn from, two or more", {
    label: "A,B,C",
    default: [] as readonly string[],
  }),
  target: text("domain to score at the end, never learned from", { label: "D", default: "" }),
  method: choice(METHODS_EXPLAINED.join("; "), METHOD_NAMES, { default: "rfmeta" }),
  seed: integer("seed of everything drawn at random", { default: 0, min: 0 }),
  device: choice("where to compute", ["auto", ...DEVICE_NAMES], { default: "auto" }),
  deterministic: choice(
    "how products are added up: fast leaves the rounding to the machine; strict rounds alike on " +
      "every machine and takes a fifth to a half more time in convolutions and matrix products. " +
      "Either gives the same results on any number of threads",
    ["fast", "strict"],
    { default: "fast" },
  ),

  imageSize: integer("side of the images in pixels, a multiple of 8", {
    default: 256,
    min: 32,
    max: 1024,
  }),
  channelDivisor: integer("divides the channels of the full networks", {
    default: 1,
    min: 1,
    max: 64,
  }),
  batchSize: integer("live images in a domain's batch, and spoofs likewise", {
    default: 10,
    min: 1,
  }),
  epochs: integer("passes over the largest list", { default: 10, min: 1 }),
  steps: integer("iterations in all, instead of --epochs; 0 counts epochs", { default: 0, min: 0 }),

  learningRate: number("Adam's rate", { default: 1e-3, min: 0 }),
  beta1: number("Adam's decay of the mean gradient", { default: 0.9, min: 0, max: 0.999999 }),
  beta2: number("Adam's decay of the mean square", { default: 0.999, min: 0, max: 0.99999999 }),
  epsilon: number("added to Adam's root mean square", { default: 1e-8, min: 0 }),
  weightDecay: number("Adam's L2 penalty; the published code reads one and ignores it", {
    default: 0,
    min: 0,
  }),
  schedule: choice("how the rate changes over the run", ["constant", "cosine"], {
    default: "constant",
  }),
  innerLearningRate: number("rate of the inner step", { default: 1e-3, min: 0 }),
  metaTrainSize: integer("domains learned from in an iteration; the others test", {
    default: 2,
    min: 1,
  }),
  depthWeight: number("weight of the depth losses", { default: 10, min: 0 }),
  metaTestWeight: number("weight of the meta-test losses", { default: 1, min: 0 }),

  init: choice("how filters start", ["xavier", "kaiming", "orthogonal", "normal"], {
    default: "xavier",
  }),
  normScale: choice("how batch-norm scales start: uniform in (0.02, 1] or 1", ["uniform", "one"], {
    default: "uniform",
  }),
  normMomentum: number("how far running statistics move in a pass", {
    default: 0.1,
    min: 0,
    max: 1,
  }),
  embedderNormMomentum: number("the same for the embedder", { default: 1, min: 0, max: 1 }),
  taskReduction: choice("losses over meta-train domains are added or averaged", ["sum", "mean"], {
    default: "sum",
  }),
  metaTestDomains: choice("of several meta-test domains, which are used", ["first", "all"], {
    default: "first",
  }),
  innerGradient: choice(
    "whether the meta-test loss reaches the extractor through the inner gradients",
    ["reaches-extractor", "embedder-only"],
    { default: "reaches-extractor" },
  ),
  metaTestStatistics: choice(
    "whether the meta-test pass moves running statistics",
    ["move", "keep"],
    { default: "move" },
  ),

  recompute: choice(
    "what is computed again for the gradient instead of being kept: stages of the feature " +
      "extractor save two thirds of the memory and cost up to a third more time; the results are " +
      "the same",
    ["nothing", "stages"],
    { default: "nothing" },
  ),

  logEvery: integer("steps between lines of loss_log.txt", { default: 2, min: 1 }),
  checkpointEvery: integer("steps between checkpoints; 0 for one an epoch", {
    default: 0,
    min: 0,
  }),
  keepCheckpoints: integer("newest checkpoints kept; 0 for all", { default: 3, min: 0 }),
  cache: integer("memory for decoded images, in MiB", { default: 1024, min: 0 }),
};

/** The settings of a run. */
export type TrainingConfig = Values<typeof SETTINGS>;

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** What every setting is unless told. */
export const DEFAULTS: TrainingConfig = Object.fromEntries(
  Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]),
) as TrainingConfig;

/** Lets nearer settings win; epochs among them, without steps, also win over steps farther off. */
export function override(
  config: TrainingConfig,
  nearer: Partial<TrainingConfig>,
): TrainingConfig {
  const steps = nearer.epochs === undefined ? config.steps : 0;
  return { ...config, steps, ...nearer };
}

/** Says what is wrong with settings that are each right by themselves, if anything is. */
export function configFlaw(config: TrainingConfig): string | undefined {
  const { imageSize, sources, target, metaTrainSize, method } = config;
  if (imageSize % 8 !== 0) {
    return `the image size must be a multiple of 8, from 32 up, got ${imageSize}`;
  }
  if (sources.length < 2) {
    return `two source domains or more are needed (--sources A,B,…), got ${sources.length}`;
  }
  const repeated = sources.find((name, i) => sources.indexOf(name) !== i);
  if (repeated !== undefined) return `${repeated} is named twice among the sources`;
  if (sources.includes(target)) {
    return `the target must never have been learned from, but ${target} is among the sources`;
  }
  if (METHODS[method].holdsOut && metaTrainSize >= sources.length) {
    return `a meta-test domain must be left: --meta-train-size ${metaTrainSize} takes all ` +
      `${sources.length} sources; give at most ${sources.length - 1}`;
  }
}
