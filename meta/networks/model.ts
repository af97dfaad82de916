/**
 * The three networks together: their weights and running statistics, and how they start.
 *
 * @module
 */

import { scale, sub } from "../../autograd/mod.ts";
import { initializers } from "../../nn/mod.ts";
import {
  type DType,
  foldIn,
  ones,
  type RandomKey,
  scope,
  type Shape,
  type Tensor,
  uniform,
  zeros,
} from "../../tensor/mod.ts";
import type { ConvBlock, NamedTensors } from "./conv_block.ts";
import { depthEstimatorBlocks } from "./depth_estimator.ts";
import { featureEmbedderBlocks } from "./feature_embedder.ts";
import { featureExtractorBlocks } from "./feature_extractor.ts";

/** A set of named tensors for each network. */
export type PerNetwork = {
  readonly extractor: NamedTensors;
  readonly depthEstimator: NamedTensors;
  readonly embedder: NamedTensors;
};

/** All that the networks are: what is learned, and the running statistics of batch-norm. */
export type Model = {
  readonly weights: PerNetwork;
  readonly statistics: PerNetwork;
};

/** The name of an initialiser of filters: the published code's, and `zeros`. */
export type FilterInit = "xavier" | "kaiming" | "orthogonal" | "normal" | "zeros";

/** The published code's `normal` draws uniform numbers. */
const FILTER_INITS: Readonly<Record<FilterInit, initializers.Initializer>> = {
  xavier: initializers.xavierNormal,
  kaiming: initializers.kaimingNormal,
  orthogonal: initializers.orthogonal,
  normal: (key, shape, options) => initializers.uniform(key, shape, { ...options, a: 0, b: 0.02 }),
  zeros: initializers.constant,
};

/** How a model starts. */
export interface InitOptions {
  /** By what the channels of the full networks are divided, rounded down: 1 to 64. */
  readonly channelDivisor: number;
  /** How filters and the linear layer start, as the published code's options name it. */
  readonly init: FilterInit;
  /**
   * The scale of each batch-norm: uniform in (0.02, 1], as in the published code (PyTorch 0.4 read its
   * `uniform(1.0, 0.02)` so), or 1.
   */
  readonly normScale: "uniform" | "one";
  /** float32 unless told. */
  readonly dtype?: DType;
}

/**
 * Makes the starting weights: filters as `init` says, their biases uniform within ±1/√fan_in, batch-norm
 * shifts 0, and running statistics of mean 0 and variance 1.
 *
 * @throws {RangeError} if the channel divisor is not a whole number from 1 to 64.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { randomKey } from "../../tensor/mod.ts";
 * import { initModel, weightCount } from "./model.ts";
 *
 * const small = initModel(randomKey(0), {
 *   channelDivisor: 16,
 *   init: "xavier",
 *   normScale: "uniform",
 * });
 * equal(weightCount(small), 15_732);
 * ```
 */
export function initModel(key: RandomKey, options: InitOptions): Model {
  checkChannelDivisor(options.channelDivisor);
  return scope(() => {
    const start = (name: string, blocks: readonly ConvBlock[]) =>
      initNetwork(foldIn(key, name), blocks, options);
    const divisor = options.channelDivisor;
    const extractor = start("extractor", featureExtractorBlocks(divisor));
    const depthEstimator = start("depthEstimator", depthEstimatorBlocks(divisor));
    const embedder = start("embedder", featureEmbedderBlocks(divisor));
    return {
      weights: {
        extractor: extractor.weights,
        depthEstimator: depthEstimator.weights,
        embedder: { ...embedder.weights, ...initClassifier(foldIn(key, "fc"), options) },
      },
      statistics: {
        extractor: extractor.statistics,
        depthEstimator: depthEstimator.statistics,
        embedder: embedder.statistics,
      },
    };
  });
}

/** The number of weights of a model, running statistics not counted. */
export function weightCount({ weights }: Model): number {
  return Object.values(weights)
    .flatMap((network) => Object.values(network))
    .reduce((count, weight) => count + weight.size, 0);
}

/**
 * Checks that every layer keeps at least one channel.
 *
 * @throws {RangeError} if the divisor is not a whole number from 1 to 64.
 */
export function checkChannelDivisor(divisor: number): void {
  if (!Number.isInteger(divisor) || divisor < 1 || divisor > 64) {
    throw new RangeError(
      `Cannot divide the channels by ${divisor}: the divisor must be a whole number from 1 to 64`,
    );
  }
}

function initNetwork(
  key: RandomKey,
  blocks: readonly ConvBlock[],
  options: InitOptions,
): { weights: NamedTensors; statistics: NamedTensors } {
  const weights: Record<string, Tensor> = {};
  const statistics: Record<string, Tensor> = {};
  const { dtype } = options;
  const initFilter = FILTER_INITS[options.init];
  for (const { conv, norm, inputs, outputs } of blocks) {
    const filter = [outputs, inputs, 3, 3];
    const bound = 1 / Math.sqrt(inputs * 9);
    weights[`${conv}.weight`] = initFilter(foldIn(key, `${conv}.weight`), filter, { dtype });
    weights[`${conv}.bias`] = around(foldIn(key, `${conv}.bias`), [outputs], bound, dtype);
    weights[`${norm}.weight`] = initNormScale(foldIn(key, `${norm}.weight`), [outputs], options);
    weights[`${norm}.bias`] = zeros([outputs], { dtype });
    statistics[`${norm}.running_mean`] = zeros([outputs], { dtype });
    statistics[`${norm}.running_var`] = ones([outputs], { dtype });
  }
  return { weights, statistics };
}

function initClassifier(
  key: RandomKey,
  { channelDivisor, init, dtype }: InitOptions,
): NamedTensors {
  const inputs = Math.floor(512 / channelDivisor);
  return {
    "fc.weight": FILTER_INITS[init](key, [1, inputs], { dtype }),
    "fc.bias": zeros([1], { dtype }),
  };
}

/** Uniform in [−bound, bound). */
function around(key: RandomKey, shape: Shape, bound: number, dtype?: DType): Tensor {
  return scale(sub(uniform(key, shape, { dtype }), 0.5), 2 * bound);
}

function initNormScale(key: RandomKey, shape: Shape, { normScale, dtype }: InitOptions): Tensor {
  if (normScale === "one") return ones(shape, { dtype });
  return sub(1, scale(uniform(key, shape, { dtype }), 0.98));
}
