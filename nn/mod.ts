/**
 * Neural networks as plain functions of parameters: layers, initialisers, optimisers, schedules,
 * losses and the file format of checkpoints.
 *
 * Parameters and states are trees of tensors whose paths are the names of PyTorch's `state_dict`.
 * What would be named like an op stands in a namespace: `layers.conv2d`, `initializers.uniform`.
 *
 * @module
 */

export * as initializers from "./init/mod.ts";
export * as layers from "./layers/mod.ts";
export * as schedules from "./schedules/mod.ts";

export type { Initializer } from "./init/initializer.ts";
export type { Layer, Mode, Variables } from "./layers/layer.ts";
export type { Schedule } from "./schedules/schedule.ts";

export { adam, type AdamOptions, type AdamState, adamW } from "./optimizers/adam.ts";
export { clipGradNorm } from "./optimizers/clip_grad_norm.ts";
export type { LearningRate, Optimizer, OptimizerState } from "./optimizers/optimizer.ts";
export { sgd, type SgdOptions, type SgdState } from "./optimizers/sgd.ts";

export { l1 } from "./losses/l1.ts";
export { nll } from "./losses/nll.ts";
export { smoothL1 } from "./losses/smooth_l1.ts";

export { fuseConvBatchNorm } from "./fuse_conv_batch_norm.ts";
export {
  type BatchNormParams,
  runningBatchNorm,
  type RunningBatchNormOptions,
  runningBatchNormRelu,
  type RunningStatistics,
} from "./running_batch_norm.ts";

export {
  decodeSafetensors,
  encodeSafetensors,
  type HostTensor,
  type SafetensorsContent,
} from "./safetensors/mod.ts";
