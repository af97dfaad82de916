/**
 * RFMetaFAS: the three networks, the meta-update and its baselines, training and scoring.
 *
 * @module
 */

export {
  type Adapt,
  type Adapted,
  divide,
  type EmbedderLoss,
  type Method,
  type MethodName,
  METHODS,
  type Roles,
} from "./methods.ts";
export { type DomainBatch, metaLoss, type MetaOptions, type MetaOutcome } from "./meta_loss.ts";
export { type NamedTensors, type Pass, SCORING } from "./networks/conv_block.ts";
export { estimateDepth } from "./networks/depth_estimator.ts";
export { embed } from "./networks/feature_embedder.ts";
export { extractFeatures, type Features } from "./networks/feature_extractor.ts";
export { liveScores } from "./networks/live_scores.ts";
export {
  type FilterInit,
  initModel,
  type InitOptions,
  type Model,
  type PerNetwork,
  weightCount,
} from "./networks/model.ts";
export { type StepResult, type TrainingState, trainStep } from "./train_step.ts";
export { DEFAULTS, type SettingName, SETTINGS, type TrainingConfig } from "./config.ts";
export type { Option, Positional, Values } from "./command_line.ts";
export { type PresetName, PRESETS } from "./presets.ts";
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./run/checkpoint.ts";
export { loadScorer, type Scorer } from "./scorer.ts";
