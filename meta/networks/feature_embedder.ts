import { linear, maxPool2d, mean, reshape } from "../../autograd/mod.ts";
import type { Tensor } from "../../tensor/mod.ts";
import { type ConvBlock, type NamedTensors, type Pass, runBlock } from "./conv_block.ts";

/** The blocks of the feature embedder; a max-pool follows all but the last. */
export function featureEmbedderBlocks(channelDivisor: number): ConvBlock[] {
  const widths = [128, 128, 256, 512].map((full) => Math.floor(full / channelDivisor));
  return widths.slice(1).map((outputs, k) => ({
    conv: `features.${k}.conv${k}`,
    norm: `features.${k}.bn${k}`,
    inputs: widths[k],
    outputs,
  }));
}

/**
 * Runs the feature embedder, the meta learner: three blocks with max-pools between them, the mean over
 * the image, a linear layer.
 *
 * Shape: the feature extractor's last map [N, C, S/8, S/8]; gives logits [N], higher for live.
 *
 * Source: Shao, Lan, Yuen (AAAI 2020), figure 2 and the published `FeatEmbedder`.
 */
export function embed(
  features: Tensor,
  weights: NamedTensors,
  statistics: NamedTensors,
  channelDivisor: number,
  pass: Pass,
): [Tensor, NamedTensors] {
  const blocks = featureEmbedderBlocks(channelDivisor);
  let [x, moved] = [features, statistics];
  for (const [k, block] of blocks.entries()) {
    [x, moved] = runBlock(x, block, weights, moved, pass);
    if (k < blocks.length - 1) x = maxPool2d(x, 2);
  }
  const logits = linear(mean(x, [2, 3]), weights["fc.weight"], weights["fc.bias"]);
  return [reshape(logits, [-1]), moved];
}
