import type { Tensor } from "../../tensor/mod.ts";
import { type ConvBlock, type NamedTensors, type Pass, runBlocks } from "./conv_block.ts";

/** The blocks of the depth estimator. */
export function depthEstimatorBlocks(channelDivisor: number): ConvBlock[] {
  const channels = (full: number) => Math.floor(full / channelDivisor);
  const widths = [3 * channels(128), channels(128), channels(64), 1];
  return widths.slice(1).map((outputs, j) => ({
    conv: `conv.${3 * j}`,
    norm: `conv.${3 * j + 1}`,
    inputs: widths[j],
    outputs,
  }));
}

/**
 * Runs the depth estimator: three blocks, the last one's ReLU included.
 *
 * Shape: the feature extractor's maps of all stages [N, 3·C, S/8, S/8]; gives depth [N, 1, S/8, S/8],
 * 0 for the background and for spoofs, 1 nearest.
 *
 * Source: Shao, Lan, Yuen (AAAI 2020), figure 2 and the published `DepthEstmator`.
 */
export function estimateDepth(
  features: Tensor,
  weights: NamedTensors,
  statistics: NamedTensors,
  channelDivisor: number,
  pass: Pass,
): [Tensor, NamedTensors] {
  return runBlocks(features, depthEstimatorBlocks(channelDivisor), weights, statistics, pass);
}
