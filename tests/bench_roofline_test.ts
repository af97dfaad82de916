/**
 * The roofline: what is counted for a kernel agrees with a count by hand, and what is recorded of a step
 * with a step that is run.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { stepOperations } from "../bench/operations.ts";
import { boundsOf, callCount, fewestOperations, totalOf } from "../bench/roofline/bounds.ts";
import type { KernelCall, KernelName } from "../bench/roofline/kernel_call.ts";
import { costOf } from "../bench/roofline/kernel_cost.ts";
import { recordingDevice } from "../bench/roofline/recording_device.ts";
import { type PhasedCall, recordStep } from "../bench/roofline/step_calls.ts";
import { boundTables } from "../bench/roofline/table.ts";
import type { StepWork } from "../bench/work.ts";
import { add, conv2d, grad, maxPool2d, sum } from "../autograd/mod.ts";
import { DEFAULTS, divide, initModel, METHODS, trainStep } from "../meta/mod.ts";
import { optimizerOf } from "../meta/optimizer.ts";
import { jsDevice } from "../tensor/js/device.ts";
import {
  type Device,
  type Geometry,
  init,
  mapTree,
  randomKey,
  scope,
  type Shape,
  type Tree,
  zeros,
} from "../tensor/mod.ts";

await init("js");

const TINY: StepWork = { kind: "step", channelDivisor: 64, imageSize: 32, batchSize: 1 };
const SAME: Geometry = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] };

function cost(
  kernel: KernelName,
  inputs: readonly Shape[],
  outputs: readonly Shape[],
  size?: readonly [number, number],
  geometry = SAME,
) {
  return costOf({ kernel, inputs, outputs, window: size && { size, geometry } });
}

// A kernel.

Deno.test("a convolution's three faces cost the same arithmetic; each operand passes once", () => {
  const [image, filters, maps] = [[2, 3, 8, 8], [5, 3, 3, 3], [2, 5, 8, 8]];
  // 2·8·8 places, 3·5 pairs of channels, 9 taps; 2·2·2 tiles of 36.
  const arithmetic = {
    operations: 34_560,
    multiplications: 17_280,
    winograd_multiplications: 4320,
  };
  // 384, 135 and 640 elements.
  const bytes = 4 * (384 + 135 + 640);
  deepEqual(cost("conv2d", [image, filters], [maps], [3, 3]), { ...arithmetic, bytes });
  deepEqual(cost("conv2dInput", [maps, filters], [image], [3, 3]), { ...arithmetic, bytes });
  deepEqual(cost("conv2dWeight", [image, maps], [filters], [3, 3]), { ...arithmetic, bytes });
  const biased = cost("conv2d", [image, filters, [5]], [maps], [3, 3]);
  deepEqual([biased.operations, biased.bytes], [34_560 + 640, bytes + 20]);
});

Deno.test("Winograd's tiles are whole, and other windows have none", () => {
  const six = cost("conv2d", [[1, 1, 6, 6], [1, 1, 3, 3]], [[1, 1, 6, 6]], [3, 3]);
  deepEqual([six.multiplications, six.winograd_multiplications], [324, 144]);
  const striding = { ...SAME, stride: [2, 2] } as const;
  const strided = cost("conv2d", [[1, 1, 8, 8], [1, 1, 3, 3]], [[1, 1, 4, 4]], [3, 3], striding);
  deepEqual([strided.multiplications, strided.winograd_multiplications], [144, undefined]);
  const single = cost("conv2d", [[1, 2, 4, 4], [3, 2, 1, 1]], [[1, 3, 4, 4]], [1, 1]);
  deepEqual([single.multiplications, single.winograd_multiplications], [96, undefined]);
});

Deno.test("a product of matrices costs its depth for each result", () => {
  deepEqual(cost("matmul", [[7, 2, 3], [3, 5]], [[7, 2, 5]]), {
    operations: 420,
    multiplications: 210,
    bytes: 4 * (42 + 15 + 70),
  });
});

Deno.test("elementwise kernels cost by their results, and read what they broadcast once", () => {
  deepEqual(cost("add", [[2, 3], [3]], [[2, 3]]), { operations: 6, bytes: 4 * (6 + 3 + 6) });
  deepEqual(cost("combine", [[4], [4]], [[4]]), { operations: 12, bytes: 48 });
  deepEqual(cost("accumulate", [[4], [4]], [[4]]), { operations: 4, bytes: 48 });
  deepEqual(cost("adam", [[4], [4], [4], [4]], [[4], [4], [4]]), { operations: 52, bytes: 112 });
});

Deno.test("movement costs bytes alone, and only of what is moved", () => {
  deepEqual(cost("permute", [[2, 3]], [[3, 2]]), { operations: 0, bytes: 48 });
  deepEqual(cost("slice", [[100]], [[3]]), { operations: 0, bytes: 24 });
  deepEqual(cost("pad", [[3]], [[100]]), { operations: 0, bytes: 412 });
  deepEqual(cost("gather", [[2, 100], [2, 3]], [[2, 3]]), { operations: 0, bytes: 4 * 18 });
  deepEqual(cost("fill", [], [[5]]), { operations: 0, bytes: 20 });
  equal(cost("reshape", [[2, 3]], [[6]]).bytes, 0);
});

Deno.test("reductions, poolings and batch-norm cost by what they read", () => {
  deepEqual(cost("sumTo", [[4, 6]], [[4, 1]]), { operations: 24, bytes: 112 });
  deepEqual(cost("scatterAdd", [[2, 3], [2, 3]], [[2, 8]]), { operations: 6, bytes: 112 });
  deepEqual(cost("argmaxPool", [[1, 1, 4, 4]], [[1, 1, 2, 2]], [2, 2]), {
    operations: 16,
    bytes: 80,
  });
  const [x, c] = [[2, 3, 4], [3]];
  deepEqual(cost("batchNormRelu", [x, c, c], [x, c, c]), { operations: 168, bytes: 4 * 60 });
  deepEqual(cost("batchNormReluBackward", [x, c, c, c, c, x], [x, c, c]), {
    operations: 312,
    bytes: 4 * (48 + 12 + 24 + 6),
  });
});

// A step.

/** How often each kernel is called; `reshape` moves nothing and does not count. */
function counts(calls: readonly Pick<KernelCall, "kernel">[]): Record<string, number> {
  const groups = Map.groupBy(calls, ({ kernel }) => kernel);
  const entries = [...groups].map(([kernel, group]) => [kernel, group.length] as const);
  return Object.fromEntries(
    entries.filter(([kernel]) => kernel !== "reshape").sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** The calls of a real step on plain loops. */
function callsOfRealStep(work: StepWork): { kernel: KernelName }[] {
  const calls: { kernel: KernelName }[] = [];
  const kernels = new Proxy(jsDevice.kernels, {
    get(target, name: KernelName) {
      calls.push({ kernel: name });
      return target[name];
    },
  });
  const device = { ...jsDevice, kernels } as Device;
  scope(() => {
    const config = { ...DEFAULTS, ...work };
    const here = <T extends Tree>(tree: T) =>
      mapTree(tree, ({ shape }) => zeros(shape, { device }));
    const model = here(initModel(randomKey(0), { ...config, normScale: "one" }));
    const count = 2 * work.batchSize;
    const size = work.imageSize;
    const batches = Array.from({ length: 3 }, () => ({
      images: zeros([count, 6, size, size], { device }),
      depths: zeros([count, 1, size / 8, size / 8], { device }),
      labels: zeros([count], { device }),
    }));
    const optimizer = optimizerOf(config, 1);
    const state = { ...model, optimizer: optimizer.init(model.weights) };
    const method = METHODS[config.method];
    const roles = divide(batches, method, config.metaTrainSize);
    calls.length = 0;
    trainStep(state, roles, method.adapt, config, optimizer);
  });
  return calls;
}

for (const recompute of ["nothing", "stages"] as const) {
  Deno.test(`what is recorded of a step is what the step calls, recomputing ${recompute}`, () => {
    const work = { ...TINY, recompute };
    deepEqual(counts(recordStep(work).calls), counts(callsOfRealStep(work)));
  });
}

Deno.test("the recorded convolutions multiply as often as the bench reckons for a step", () => {
  const { calls } = recordStep(TINY);
  const convolutions = calls.filter(({ kernel }) => kernel.startsWith("conv2d"));
  const multiplications = convolutions.reduce(
    (sum, call) => sum + (costOf(call).multiplications ?? 0),
    0,
  );
  equal(2 * multiplications, stepOperations(TINY));
});

Deno.test("each part of a step calls what belongs to it", () => {
  const { calls } = recordStep(TINY);
  const inPhase = (phase: PhasedCall["phase"]) =>
    counts(calls.filter((call) => call.phase === phase));
  const forward = inPhase("forward");
  // Three domains through 10 + 3 blocks, two to be learned from, and twice the third, through 3.
  equal(forward.conv2d, 3 * (10 + 3) + 2 * 3 + 2 * 3);
  equal(forward.conv2dWeight ?? 0, 0);
  const { conv2d, conv2dInput, conv2dWeight } = inPhase("second order");
  // In each of two domains two derivatives of the inner gradients' five products.
  equal(conv2d + conv2dInput + conv2dWeight, 2 * 2 * 5);
  deepEqual(Object.keys(inPhase("update")), ["adam"]);
});

Deno.test("a step that recomputes holds less and calls more", () => {
  const kept = recordStep({ ...TINY, imageSize: 64 });
  const recomputed = recordStep({ ...TINY, imageSize: 64, recompute: "stages" });
  ok(recomputed.peakBytes < kept.peakBytes, `${recomputed.peakBytes} of ${kept.peakBytes}`);
  ok(recomputed.calls.length > kept.calls.length);
  // The images: the maps of networks so narrow have fewer channels.
  equal(kept.largestBytes, 4 * 2 * 6 * 64 * 64);
});

Deno.test("a recorded tensor takes what it would take, until it is let go", () => {
  const calls: KernelCall[] = [];
  const device = recordingDevice((call) => calls.push(call));
  scope(() => {
    const x = zeros([1, 2, 4, 4], { device });
    const w = zeros([3, 2, 3, 3], { device });
    grad((w) => sum(maxPool2d(conv2d(x, w, { padding: 1 }), 2)))(w);
  });
  const before = device.peakBytes;
  scope(() => add(zeros([100, 100], { device }), 1));
  equal(device.peakBytes, 2 * 4 * 10_000 + 4, "nothing of what came before is held still");
  ok(before < device.peakBytes);
  deepEqual(calls.find(({ kernel }) => kernel === "argmaxPool")?.outputs, [[1, 3, 2, 2]]);
});

Deno.test("the bounds in docs/roofline.md are those that are reckoned", async () => {
  const page = await Deno.readTextFile(new URL("../docs/roofline.md", import.meta.url));
  const lines = page.split("\n").filter((line) => /^\|.* ms /.test(line));
  ok(lines.length > 3);
  const { calls } = recordStep({ kind: "step", channelDivisor: 1, imageSize: 256, batchSize: 10 });
  for (const line of lines) {
    const [gflops, gbps, ms, plainMs] = line.split("|").slice(2, 6)
      .map((cell) => Number(cell.replace("ms", "").replaceAll(/\s/g, "")));
    const bounds = boundsOf(calls, { gflops, gbps });
    const sum = (least: "bound_ms" | "plain_bound_ms") =>
      Math.round(bounds.reduce((total, bound) => total + callCount(bound) * bound[least], 0));
    deepEqual([sum("bound_ms"), sum("plain_bound_ms")], [ms, plainMs], line);
  }
});

// Bounds.

const CALLS: readonly PhasedCall[] = [
  { kernel: "add", phase: "forward", inputs: [[1000], [1000]], outputs: [[1000]] },
  { kernel: "add", phase: "backward", inputs: [[1000], [1000]], outputs: [[1000]] },
  {
    kernel: "conv2d",
    phase: "forward",
    inputs: [[1, 100, 4, 4], [100, 100, 3, 3]],
    outputs: [[1, 100, 4, 4]],
    window: { size: [3, 3], geometry: SAME },
  },
];

Deno.test("a bound is the slower of arithmetic and memory, and calls alike come together", () => {
  const [conv, add] = boundsOf(CALLS, { gflops: 1, gbps: 1 });
  // 36·100·100 multiplications and as many additions, at 10⁹ a second.
  deepEqual([conv.limited_by, conv.bound_ms, conv.plain_bound_ms], ["arithmetic", 0.72, 2.88]);
  deepEqual([add.limited_by, add.bound_ms], ["memory", 0.012]);
  deepEqual([add.calls.forward, add.calls.backward, callCount(add)], [1, 1, 2]);
  equal(totalOf(add), 0.024);
  const [swift] = boundsOf(CALLS.slice(2), { gflops: 1000, gbps: 1 });
  equal(swift.limited_by, "memory");
  equal(swift.bound_ms, 4 * (90_000 + 3200) / 1e6);
});

Deno.test("Winograd is not taken where it multiplies more often", () => {
  const cost = { operations: 100, bytes: 0, multiplications: 50, winograd_multiplications: 60 };
  equal(fewestOperations(cost), 100);
  equal(fewestOperations({ ...cost, winograd_multiplications: 20 }), 40);
});

Deno.test("the tables name the bound of the step, of each kernel and of each shape", () => {
  const peak = { gflops: 1, gbps: 1 };
  const lines = boundTables(boundsOf(CALLS, peak), peak);
  match(lines[0], /of 1 GFLOP\/s and 1 GB\/s .* at least 0\.7440 ms, .* plain algorithm 2\.90 ms/);
  const words = lines.map((line) => line.split(/ {2,}/).join("|"));
  ok(words.includes("the step|3|0.003|0.001|0.000|0.7440 ms|100.0%"), lines.join("\n"));
  ok(words.includes("add|2|0.000|0.000|0.000|0.0240 ms|3.2%"), lines.join("\n"));
  ok(
    words.includes(
      "conv2d|1×100→100 at 4²|1|0|0|0.003|0.001|0.000|0.7200 ms|arithmetic|0.7200 ms|96.8%",
    ),
    lines.join("\n"),
  );
  ok(words.includes("others|1 kinds and shapes|0.0240 ms|3.2%"), lines.join("\n"));
});
