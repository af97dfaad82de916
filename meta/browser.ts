/**
 * What of the package runs in a page, as one module: tensors, autograd, neural networks, the three
 * networks and the meta-update. Only reading images and folders stays behind: that is Deno's.
 *
 * `deno task bundle` makes one file of it.
 *
 * @module
 */

export * from "../autograd/mod.ts";
export * from "../nn/mod.ts";
export * from "../tensor/mod.ts";

export { DEFAULTS, SETTINGS } from "./config.ts";
export { metaLoss } from "./meta_loss.ts";
export { divide, METHODS } from "./methods.ts";
export { SCORING } from "./networks/conv_block.ts";
export { estimateDepth } from "./networks/depth_estimator.ts";
export { embed } from "./networks/feature_embedder.ts";
export { extractFeatures } from "./networks/feature_extractor.ts";
export { liveScores } from "./networks/live_scores.ts";
export { initModel, weightCount } from "./networks/model.ts";
export { PRESETS } from "./presets.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./run/checkpoint.ts";
export { trainStep } from "./train_step.ts";
