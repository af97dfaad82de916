import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { add, cat, conv2d, grad, relu, reshape, sum } from "../autograd/mod.ts";
import { EPSILON, type Pass, runBlock, SCORING } from "../meta/networks/conv_block.ts";
import { estimateDepth } from "../meta/networks/depth_estimator.ts";
import { embed } from "../meta/networks/feature_embedder.ts";
import { extractFeatures } from "../meta/networks/feature_extractor.ts";
import { liveScores } from "../meta/networks/live_scores.ts";
import { initModel, type InitOptions, weightCount } from "../meta/networks/model.ts";
import { runningBatchNorm } from "../nn/mod.ts";
import type { Device, HostArray } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import {
  foldIn,
  init,
  leaves,
  normal,
  randomKey,
  scope,
  type Tensor,
  type TensorOptions,
  uniform,
} from "../tensor/mod.ts";
import { close } from "./nn_close.ts";

await init("js");
const KEY = randomKey(3);
const FAITHFUL: InitOptions = { channelDivisor: 4, init: "xavier", normScale: "uniform" };
const start = (options: Partial<InitOptions> = {}) => initModel(KEY, { ...FAITHFUL, ...options });

const values = (x: Tensor) => [...x.dataSync()];
const entries = Object.entries;

// The conv and the norm of each block, as the published code's state_dict names them.
const EXTRACTOR_LAYERS = [
  ["inc.conv.0", "inc.conv.1"],
  ["down1.downconv.0", "down1.downconv.1"],
  ["down1.downconv.3", "down1.downconv.4"],
  ["down1.downconv.6", "down1.downconv.7"],
  ["down2.downconv.0", "down2.downconv.1"],
  ["down2.downconv.3", "down2.downconv.4"],
  ["down2.downconv.6", "down2.downconv.7"],
  ["down3.downconv.0", "down3.downconv.1"],
  ["down3.downconv.3", "down3.downconv.4"],
  ["down3.downconv.6", "down3.downconv.7"],
];
const DEPTH_LAYERS = [["conv.0", "conv.1"], ["conv.3", "conv.4"], ["conv.6", "conv.7"]];
const EMBEDDER_LAYERS = [
  ["features.0.conv0", "features.0.bn0"],
  ["features.1.conv1", "features.1.bn1"],
  ["features.2.conv2", "features.2.bn2"],
];

Deno.test("the full networks have the published numbers of weights", () => {
  const full = start({ channelDivisor: 1, init: "zeros" });
  const { extractor, depthEstimator, embedder } = full.weights;
  const sizes = [extractor, depthEstimator, embedder].map((network) =>
    leaves(network).reduce((count, weight) => count + weight.size, 0)
  );
  deepEqual(sizes, [1_731_108, 517_251, 1_625_217]);
  equal(weightCount(full), 3_873_576);
});

Deno.test("weights and statistics have the names of the published state_dict", () => {
  const { weights, statistics } = start();
  for (
    const [network, layers, rest] of [
      ["extractor", EXTRACTOR_LAYERS, []],
      ["depthEstimator", DEPTH_LAYERS, []],
      ["embedder", EMBEDDER_LAYERS, ["fc.weight", "fc.bias"]],
    ] as const
  ) {
    deepEqual(Object.keys(weights[network]), [
      ...layers.flatMap(([conv, norm]) => [conv, norm]).flatMap((layer) => [
        `${layer}.weight`,
        `${layer}.bias`,
      ]),
      ...rest,
    ]);
    deepEqual(
      Object.keys(statistics[network]),
      layers.flatMap(([, norm]) => [`${norm}.running_mean`, `${norm}.running_var`]),
    );
  }
});

Deno.test("channels are divided and rounded down; the depth estimator sees three maps' channels", () => {
  const shapesOf = (channelDivisor: number) => {
    const { extractor, depthEstimator, embedder } =
      start({ channelDivisor, init: "zeros" }).weights;
    return [
      extractor["inc.conv.0.weight"].shape,
      extractor["down1.downconv.3.weight"].shape,
      depthEstimator["conv.0.weight"].shape,
      embedder["features.2.conv2.weight"].shape,
      embedder["fc.weight"].shape,
    ].map((shape) => shape.slice(0, 2));
  };
  deepEqual(shapesOf(1), [[64, 6], [196, 128], [128, 384], [512, 256], [1, 512]]);
  deepEqual(shapesOf(3), [[21, 6], [65, 42], [42, 126], [170, 85], [1, 170]]);
  deepEqual(shapesOf(50), [[1, 6], [3, 2], [2, 6], [10, 5], [1, 10]]);
  deepEqual(shapesOf(64), [[1, 6], [3, 2], [2, 6], [8, 4], [1, 8]]);
});

Deno.test("every divisor that leaves a channel runs, on images of any multiple of 8", () => {
  const pass: Pass = { training: true, momentum: 0.1 };
  for (const [channelDivisor, side] of [[21, 32], [50, 40], [64, 72]]) {
    const model = start({ channelDivisor });
    const { weights, statistics } = model;
    const images = uniform(foldIn(KEY, side), [3, 6, side, side]);
    const [features] = extractFeatures(
      images,
      weights.extractor,
      statistics.extractor,
      channelDivisor,
      pass,
    );
    const channels = Math.floor(128 / channelDivisor);
    deepEqual(features.last.shape, [3, channels, side / 8, side / 8]);
    deepEqual(features.all.shape, [3, 3 * channels, side / 8, side / 8]);
    const [depth] = estimateDepth(
      features.all,
      weights.depthEstimator,
      statistics.depthEstimator,
      channelDivisor,
      pass,
    );
    deepEqual(depth.shape, [3, 1, side / 8, side / 8]);
    ok(values(depth).every((x) => x >= 0));
    const [logits] = embed(
      features.last,
      weights.embedder,
      statistics.embedder,
      channelDivisor,
      pass,
    );
    deepEqual(logits.shape, [3]);
    const scores = values(liveScores(images, model, channelDivisor));
    ok(scores.every((score) => score > 0 && score < 1));
  }
});

const TRAINING: Pass = { training: true, momentum: 0.1 };
const BLOCK = { conv: "conv", norm: "norm", inputs: 3, outputs: 5 };

function blockInputs(image: readonly number[], place: TensorOptions) {
  const draw = (name: string, shape: readonly number[]) => normal(foldIn(KEY, name), shape, place);
  return {
    x: draw("x", [image[0], 3, image[1], image[2]]),
    weights: {
      "conv.weight": draw("conv.weight", [5, 3, 3, 3]),
      "conv.bias": draw("conv.bias", [5]),
      "norm.weight": draw("norm.weight", [5]),
      "norm.bias": draw("norm.bias", [5]),
    },
    statistics: {
      "norm.running_mean": draw("norm.running_mean", [5]),
      "norm.running_var": add(1, uniform(foldIn(KEY, "norm.running_var"), [5], place)),
    },
  };
}

Deno.test("a block is convolution, bias, batch-norm and ReLU, by the batch and by running statistics", () => {
  for (const image of [[2, 4, 5], [3, 1, 1]]) {
    const { x, weights, statistics } = blockInputs(image, { dtype: "float64" });
    const plain = conv2d(x, weights["conv.weight"], { padding: 1 });
    const mapped = add(plain, reshape(weights["conv.bias"], [1, 5, 1, 1]));
    const params = { weight: weights["norm.weight"], bias: weights["norm.bias"] };
    const running = {
      running_mean: statistics["norm.running_mean"],
      running_var: statistics["norm.running_var"],
    };
    for (const pass of [TRAINING, SCORING]) {
      const options = { ...pass, epsilon: EPSILON };
      const [normalized, moved] = runningBatchNorm(mapped, params, running, options);
      const [y, after] = runBlock(x, BLOCK, weights, statistics, pass);
      close(y, values(relu(normalized)), 1e-13, "output");
      close(after["norm.running_mean"], values(moved.running_mean), 1e-14, "mean");
      close(after["norm.running_var"], values(moved.running_var), 1e-14, "variance");
    }
  }
});

/** A js device that counts the buffers of one length, in all and alive. */
function counting(length: number) {
  const made = new Set<HostArray>();
  const alive = new Set<HostArray>();
  const device: Device<HostArray> = {
    ...jsDevice,
    bytes: (buffer) => {
      if (buffer.length === length) {
        made.add(buffer);
        alive.add(buffer);
      }
      return jsDevice.bytes(buffer);
    },
    free: (buffer) => void alive.delete(buffer),
  };
  return { made, alive, device };
}

Deno.test("a block makes two maps in all, its gradient two more", () => {
  const { made, alive, device } = counting(2 * 5 * 16 * 16);
  const { x, weights, statistics } = blockInputs([2, 16, 16], { device });
  for (const pass of [TRAINING, SCORING]) {
    made.clear();
    scope(() => void runBlock(x, BLOCK, weights, statistics, pass));
    equal(made.size, 2);
    equal(alive.size, 0);
  }
  made.clear();
  scope(() => {
    grad((own: typeof weights) => sum(runBlock(x, BLOCK, own, statistics, TRAINING)[0]))(weights);
  });
  // Those, the gradient of the output and the convolution's.
  equal(made.size, 4);
});

Deno.test("scoring gives each image its score, whatever else is in the batch", () => {
  const model = start({ channelDivisor: 16, dtype: "float64" });
  const image = (n: number) => uniform(foldIn(KEY, n), [1, 6, 32, 32], { dtype: "float64" });
  const both = cat([image(1), image(2)], 0);
  const [score] = values(liveScores(image(1), model, 16));
  notDeepEqual(values(liveScores(image(2), model, 16)), [score]);
  ok(Math.abs(values(liveScores(both, model, 16))[0] - score) < 1e-12);
  const { weights, statistics } = model;
  const { extractor } = statistics;
  const [, after] = extractFeatures(both, weights.extractor, extractor, 16, SCORING);
  deepEqual(leaves(after).map(values), leaves(extractor).map(values));
});

Deno.test("a divisor that leaves no channel, or is no whole number, is refused", () => {
  for (const channelDivisor of [0, -1, 1.5, 65, NaN]) {
    throws(
      () => start({ channelDivisor }),
      /^RangeError: Cannot divide the channels by .*: the divisor must be a whole number from 1 to 64/,
    );
  }
});

/** Of numbers with mean 0. */
const deviationOf = (numbers: number[]) =>
  Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);

Deno.test("filters start Xavier normal, their biases within 1/√fan-in, norms uniform in (0.02, 1]", () => {
  const { weights, statistics } = start();
  for (const [name, weight] of Object.values(weights).flatMap(entries)) {
    if (weight.shape.length < 2) continue;
    const [outputs, inputs, height = 1, width = 1] = weight.shape;
    const wanted = Math.sqrt(2 / (height * width * (inputs + outputs)));
    const fourStandardErrors = 4 / Math.sqrt(2 * weight.size);
    ok(Math.abs(deviationOf(values(weight)) / wanted - 1) < fourStandardErrors, name);
  }

  const scales: number[] = [];
  for (
    const [network, layers] of entries({
      extractor: EXTRACTOR_LAYERS,
      depthEstimator: DEPTH_LAYERS,
      embedder: EMBEDDER_LAYERS,
    })
  ) {
    ok(network in weights);
    const own = network as keyof typeof weights;
    for (const [conv, norm] of layers) {
      const bound = 1 / Math.sqrt(9 * weights[own][`${conv}.weight`].shape[1]);
      const biases = values(weights[own][`${conv}.bias`]).map((bias) => bias / bound);
      ok(biases.every((bias) => Math.abs(bias) <= 1), conv);
      // Of 16 uniform numbers or more the largest is this small once in a hundred million.
      ok(biases.length < 16 || Math.max(...biases.map(Math.abs)) > 0.3, conv);
      scales.push(...values(weights[own][`${norm}.weight`]));
      ok(values(weights[own][`${norm}.bias`]).every((shift) => shift === 0));
      ok(values(statistics[own][`${norm}.running_mean`]).every((mean) => mean === 0));
      ok(values(statistics[own][`${norm}.running_var`]).every((variance) => variance === 1));
    }
  }
  ok(Math.min(...scales) > 0.02 && Math.min(...scales) < 0.05);
  ok(Math.max(...scales) <= 1 && Math.max(...scales) > 0.97);
  const mean = scales.reduce((sum, scale) => sum + scale, 0) / scales.length;
  ok(Math.abs(mean - 0.51) < 4 * 0.98 / Math.sqrt(12 * scales.length));
  deepEqual(values(weights.embedder["fc.bias"]), [0]);
});

Deno.test("the same key starts the same weights; another key, and other layers, others", () => {
  const numbers = (seed: number, name: string) =>
    values(
      initModel(randomKey(seed), { ...FAITHFUL, channelDivisor: 16 }).weights.extractor[name],
    );
  const some = numbers(1, "down2.downconv.0.weight");
  deepEqual(numbers(1, "down2.downconv.0.weight"), some);
  notDeepEqual(numbers(2, "down2.downconv.0.weight"), some);
  notDeepEqual(numbers(1, "down3.downconv.0.weight"), some);
});

Deno.test("norms start at one, and filters otherwise, where that is asked for", () => {
  const { weights } = start({ channelDivisor: 16, normScale: "one", init: "normal" });
  deepEqual(new Set(values(weights.extractor["inc.conv.1.weight"])), new Set([1]));
  const filters = values(weights.extractor["down1.downconv.3.weight"]);
  ok(Math.min(...filters) >= 0 && Math.max(...filters) < 0.02 && Math.max(...filters) > 0.019);
});
