/**
 * What the setting `recompute` promises: the same training to the last bit, in less memory.
 */

import { deepEqual, notDeepEqual, ok } from "node:assert/strict";
import { checkpoint, sum, valueAndGrad } from "../autograd/mod.ts";
import { DEFAULTS } from "../meta/config.ts";
import type { DomainBatch, MetaOptions } from "../meta/meta_loss.ts";
import { divide, type MethodName, METHODS } from "../meta/methods.ts";
import { extractFeatures } from "../meta/networks/feature_extractor.ts";
import { initModel } from "../meta/networks/model.ts";
import { trainStep } from "../meta/train_step.ts";
import { adam } from "../nn/mod.ts";
import type { Device, HostArray } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import {
  foldIn,
  init,
  mapTree,
  memory,
  namedLeaves,
  randomKey,
  scope,
  type Tensor,
  tensor,
  type TensorOptions,
  type Tree,
  uniform,
} from "../tensor/mod.ts";

await init("js");
const KEY = randomKey(8);
const DIVISOR = 32;
const SIDE = 32;
/** At an inner rate this large the second order is a good part of the gradient. */
const OPTIONS: MetaOptions = { ...DEFAULTS, channelDivisor: DIVISOR, innerLearningRate: 0.5 };
const OTHER_OPTIONS: MetaOptions = {
  ...OPTIONS,
  taskReduction: "mean",
  metaTestDomains: "all",
  innerGradient: "embedder-only",
  metaTestStatistics: "keep",
};
const STAGES = { recompute: "stages" } as const;

/** Networks, and a batch of each of four domains. */
function start(place: TensorOptions) {
  const drawn = initModel(KEY, { channelDivisor: DIVISOR, init: "xavier", normScale: "uniform" });
  const model = mapTree(drawn, (x) => tensor(x.dataSync(), x.shape, place));
  const batches = [0, 1, 2, 3].map((domain): DomainBatch => {
    const key = foldIn(KEY, domain);
    return {
      images: uniform(foldIn(key, "images"), [2, 6, SIDE, SIDE], place),
      depths: uniform(foldIn(key, "depths"), [2, 1, SIDE / 8, SIDE / 8], place),
      labels: tensor([1, 0], [2], place),
    };
  });
  return { model, batches };
}

/** Trains one step; hands over the gradients, losses, statistics and weights that come of it. */
function step<T>(
  { model, batches }: ReturnType<typeof start>,
  options: MetaOptions,
  read: (results: Tree) => T,
  method: MethodName = "rfmeta",
): T {
  return scope(() => {
    const optimizer = adam({ lr: 1e-3 });
    const roles = divide(batches, METHODS[method], 2);
    const state = { ...model, optimizer: optimizer.init(model.weights) };
    const result = trainStep(state, roles, METHODS[method].adapt, options, optimizer);
    const { gradients, outcome, state: { weights } } = result;
    return read({ gradients, outcome, weights });
  });
}

const numbers = (tree: Tree) =>
  Object.fromEntries([...namedLeaves(tree)].map(([path, x]) => [path, x.dataSync()]));

for (const [device, dtype] of [["js", "float64"], ["wasm", "float32"]] as const) {
  Deno.test(`a step on ${device} gives the same bits when stages are run again`, async () => {
    await init(device);
    try {
      const from = start({ dtype });
      for (const method of Object.keys(METHODS) as MethodName[]) {
        for (const options of [OPTIONS, OTHER_OPTIONS]) {
          const wanted = step(from, options, numbers, method);
          const got = step(from, { ...options, ...STAGES }, numbers, method);
          deepEqual(got, wanted);
        }
      }
    } finally {
      await init("js");
    }
  });
}

Deno.test("running statistics move once, though the sweep runs the stages again", () => {
  const { model: { weights, statistics }, batches: [{ images }] } = start({ dtype: "float64" });
  const after = (wrapStage?: typeof checkpoint) => {
    const pass = { training: true, momentum: 0.1, wrapStage };
    const [[, aux]] = valueAndGrad((of: typeof weights.extractor): [Tensor, Tree] => {
      const [features, moved] = extractFeatures(images, of, statistics.extractor, DIVISOR, pass);
      return [sum(features.all), moved];
    })(weights.extractor);
    return numbers(aux);
  };
  const wanted = after();
  deepEqual(after(checkpoint), wanted);
  const before = numbers(statistics.extractor);
  for (const name of Object.keys(before)) notDeepEqual(wanted[name], before[name]);
});

Deno.test("each block of the extractor runs once more for each domain, and nothing else does", () => {
  const BLOCKS = 10;
  const DOMAINS = 3;
  const counts = (options: MetaOptions) => {
    const runs = { conv2d: 0, conv2dInput: 0, conv2dWeight: 0, batchNormReluBackward: 0 };
    const kernels = new Proxy(jsDevice.kernels, {
      get(target, name, receiver) {
        if (name in runs) runs[name as keyof typeof runs]++;
        return Reflect.get(target, name, receiver);
      },
    });
    step(start({ device: { ...jsDevice, kernels } }), options, () => {});
    return runs;
  };
  const plain = counts(OPTIONS);
  deepEqual(counts({ ...OPTIONS, ...STAGES }), {
    ...plain,
    conv2d: plain.conv2d + BLOCKS * DOMAINS,
  });
});

Deno.test("a step with stages run again needs less than half of the memory", () => {
  const peak = (options: MetaOptions) => {
    let most = 0;
    const device: Device<HostArray> = {
      ...jsDevice,
      bytes(buffer) {
        const bytes = jsDevice.bytes(buffer);
        most = Math.max(most, memory().bytes + bytes);
        return bytes;
      },
    };
    const from = start({ device });
    const before = memory().bytes;
    most = before;
    step(from, options, () => {});
    return most - before;
  };
  const [plain, again] = [peak(OPTIONS), peak({ ...OPTIONS, ...STAGES })];
  ok(again < plain / 2, `${again} of ${plain} bytes`);
});
