import { adaptiveAvgPool2d, cat, maxPool2d } from "../../autograd/mod.ts";
import type { Tensor } from "../../tensor/mod.ts";
import type { ConvBlock, NamedTensors, Pass } from "./conv_block.ts";
import { runBlocks } from "./conv_block.ts";

/** The blocks that run between one max-pool and the next, in order. */
function featureExtractorStages(channelDivisor: number): ConvBlock[][] {
  const channels = (full: number) => Math.floor(full / channelDivisor);
  const [first, ...others] = ["down1", "down2", "down3"].map((stage, i) =>
    [i === 0 ? 64 : 128, 128, 196].map((inputs, j): ConvBlock => ({
      conv: `${stage}.downconv.${3 * j}`,
      norm: `${stage}.downconv.${3 * j + 1}`,
      inputs: channels(inputs),
      outputs: channels([128, 196, 128][j]),
    }))
  );
  const entry = { conv: "inc.conv.0", norm: "inc.conv.1", inputs: 6, outputs: channels(64) };
  return [[entry, ...first], ...others];
}

/** The blocks of the feature extractor, in the order they run: the first, then three of each stage. */
export function featureExtractorBlocks(channelDivisor: number): ConvBlock[] {
  return featureExtractorStages(channelDivisor).flat();
}

/** What the feature extractor makes of images. `S` is the image size, `C` 128 / channelDivisor. */
export interface Features {
  /** The last map [N, C, S/8, S/8]: what the embedder sees. */
  readonly last: Tensor;
  /** The maps of all three stages at that size [N, 3·C, S/8, S/8]: what the depth estimator sees. */
  readonly all: Tensor;
}

/**
 * Runs the feature extractor: a block, then three stages of three blocks and a max-pool; the
 * first stage has that block too.
 *
 * Shape: images [N, 6, S, S], S a multiple of 8.
 *
 * Source: Shao, Lan, Yuen (AAAI 2020), figure 2 and the published `FeatExtractor`.
 */
export function extractFeatures(
  images: Tensor,
  weights: NamedTensors,
  statistics: NamedTensors,
  channelDivisor: number,
  pass: Pass,
): [Features, NamedTensors] {
  const { wrapStage = (stage) => stage } = pass;
  const stage = wrapStage((x: Tensor, blocks: readonly ConvBlock[], before: NamedTensors) => {
    const [y, after] = runBlocks(x, blocks, weights, before, pass);
    return [maxPool2d(y, 2), after] as const;
  });
  let [x, moved] = [images, statistics];
  const maps = featureExtractorStages(channelDivisor).map((blocks) => {
    [x, moved] = stage(x, blocks, moved);
    return x;
  });
  const [height, width] = x.shape.slice(2);
  const pooled = maps.slice(0, -1).map((map) => adaptiveAvgPool2d(map, [height, width]));
  return [{ last: x, all: cat([...pooled, x], 1) }, moved];
}
