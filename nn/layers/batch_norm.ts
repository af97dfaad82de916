import { ones, zeros } from "../../tensor/creation.ts";
import { foldIn } from "../../tensor/random.ts";
import type { Initializer } from "../init/initializer.ts";
import {
  type BatchNormParams,
  runningBatchNorm,
  type RunningStatistics,
} from "../running_batch_norm.ts";
import { checkSize, type Layer } from "./layer.ts";

/** Options of {@linkcode batchNorm}; PyTorch's defaults. */
export interface BatchNormOptions {
  /** The weight of the newest batch in the running statistics: 0.1 unless told. */
  readonly momentum?: number;
  /** What is added to the variance: 1e-5 unless told. */
  readonly epsilon?: number;
  /** Ones unless told. */
  readonly weightInit?: Initializer;
  /** Zeros unless told. */
  readonly biasInit?: Initializer;
}

/**
 * Batch normalisation of each channel; see {@linkcode runningBatchNorm}.
 *
 * Shape: x [N,channels,...] gives the same; parameters and running statistics [channels].
 *
 * @throws {RangeError} if `channels` is not a whole number from 1 up.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { layers, randomKey, tensor } from "../../mod.ts";
 *
 * const layer = layers.batchNorm(1, { momentum: 1 });
 * const { params, state } = layer.init(randomKey(0));
 * const [_, moved] = layer.apply(tensor([[1], [3]]), params, state, { training: true });
 * deepEqual([...moved.running_mean.dataSync()], [2]);
 * ```
 */
export function batchNorm(
  channels: number,
  options: BatchNormOptions = {},
): Layer<BatchNormParams, RunningStatistics> {
  checkSize("batchNorm", "channels", channels);
  const { momentum, epsilon } = options;
  const weightInit: Initializer = options.weightInit ?? ((_, shape, place) => ones(shape, place));
  const biasInit: Initializer = options.biasInit ?? ((_, shape, place) => zeros(shape, place));
  return {
    init: (key, place) => ({
      params: {
        weight: weightInit(foldIn(key, "weight"), [channels], place),
        bias: biasInit(foldIn(key, "bias"), [channels], place),
      },
      state: { running_mean: zeros([channels], place), running_var: ones([channels], place) },
    }),
    apply: (x, params, state, { training }) =>
      runningBatchNorm(x, params, state, { training, momentum, epsilon }),
  };
}
