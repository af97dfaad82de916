/**
 * The block that all three networks are made of: 3×3 convolution, batch-norm, ReLU.
 *
 * @module
 */

import { checkpoint, conv2d, relu } from "../../autograd/mod.ts";
import { fuseConvBatchNorm, runningBatchNormRelu } from "../../nn/mod.ts";
import type { Tensor } from "../../tensor/mod.ts";

/** Tensors by the name that PyTorch's `state_dict` of the published networks gives them. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** A row of a network's table: the names of its two layers and its channels. */
export interface ConvBlock {
  readonly conv: string;
  readonly norm: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** How one pass through a network is made. */
export interface Pass {
  /** True: normalise by the batch and move the running statistics. False: normalise by those. */
  readonly training: boolean;
  /** How far the running statistics move to the batch's, from 0 to 1. */
  readonly momentum: number;
  /**
   * Turns a stage of the feature extractor, a few blocks and a max-pool, into what is run: the stage
   * itself unless told. `checkpoint` makes one that keeps only its input and runs again in the sweep.
   */
  readonly wrapStage?: <Args extends unknown[], Result>(
    stage: (...args: Args) => Result,
  ) => (...args: Args) => Result;
}

/** A pass that scores: nothing moves, and each stage's maps die with it. */
export const SCORING: Pass = { training: false, momentum: 0, wrapStage: checkpoint };

/** The added variance of every batch-norm. */
export const EPSILON = 1e-5;

/** Runs one block; returns its output and the running statistics, moved if the pass is for training. */
export function runBlock(
  x: Tensor,
  { conv, norm }: ConvBlock,
  weights: NamedTensors,
  statistics: NamedTensors,
  pass: Pass,
): [Tensor, NamedTensors] {
  const filters = { weight: weights[`${conv}.weight`], bias: weights[`${conv}.bias`] };
  const scales = { weight: weights[`${norm}.weight`], bias: weights[`${norm}.bias`] };
  const running = {
    running_mean: statistics[`${norm}.running_mean`],
    running_var: statistics[`${norm}.running_var`],
  };
  if (!pass.training) {
    const { weight, bias } = fuseConvBatchNorm(filters, scales, running, EPSILON);
    return [relu(conv2d(x, weight, { padding: 1, bias })), statistics];
  }
  const mapped = conv2d(x, filters.weight, { padding: 1, bias: filters.bias });
  const [y, moved] = runningBatchNormRelu(mapped, scales, running, {
    training: true,
    momentum: pass.momentum,
    epsilon: EPSILON,
  });
  return [y, {
    ...statistics,
    [`${norm}.running_mean`]: moved.running_mean,
    [`${norm}.running_var`]: moved.running_var,
  }];
}

/** Runs blocks one after the other. */
export function runBlocks(
  x: Tensor,
  blocks: readonly ConvBlock[],
  weights: NamedTensors,
  statistics: NamedTensors,
  pass: Pass,
): [Tensor, NamedTensors] {
  return blocks.reduce<[Tensor, NamedTensors]>(
    ([y, moved], block) => runBlock(y, block, weights, moved, pass),
    [x, statistics],
  );
}
