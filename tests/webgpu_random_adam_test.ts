import { deepEqual, equal, ok } from "node:assert/strict";
import type { AdamResult, AdamStep, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import type { RandomKey } from "../tensor/random.ts";
import type { Shape } from "../tensor/shape.ts";
import { adamKernels } from "../tensor/webgpu/adam.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { randomKernels } from "../tensor/webgpu/random.ts";
import { type Host, normal, operand } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

const js = jsDevice.kernels as Kernels<HostArray>;

await gpuTest("webgpu: uniform numbers are those of js to the last bit", async (gpu) => {
  const keys: RandomKey[] = [[0, 0], [0, 7], [0x9abcdef0, 0xffffffff]];
  const shapes: Shape[] = [[], [0], [1], [2], [3], [5], [2, 3, 5], [1001]];
  for (const key of keys) {
    for (const shape of shapes) {
      const out = { shape, dtype: "float32" } as const;
      const drawn = randomKernels(gpu).uniform(key, out);
      const numbers = numbersOf(gpu, drawn, shape);
      gpu.free(drawn);
      deepEqual(await numbers, Array.from(js.uniform(key, out)));
    }
  }
});

const STEP: AdamStep = {
  stepSize: 3e-3,
  beta1: 0.9,
  beta2: 0.999,
  deviationCorrection: Math.sqrt(1 - 0.999 ** 3),
  epsilon: 1e-8,
};

const RESULTS = ["weight", "mean", "variance"] as const;

/** A weight, its gradient, their mean, and the mean of their squares. */
function four(shape: Shape): Host[] {
  const [weight, gradient, mean, deviation] = [1, 2, 3, 4]
    .map((seed) => normal(shape, seed, "float32"));
  const variance = operand(shape, Float32Array.from(deviation.buffer, (x) => x * x), "float32");
  return [weight, gradient, mean, variance];
}

async function stepOnGpu(gpu: Gpu, hosts: readonly Host[]): Promise<AdamResult<number[]>> {
  const operands = hosts.map((x) => placed(gpu, x));
  const [weight, gradient, mean, variance] = operands;
  const moved = adamKernels(gpu).adam(weight, gradient, mean, variance, STEP);
  const reads = RESULTS.map((name) => numbersOf(gpu, moved[name], weight.shape));
  for (const { buffer } of operands) gpu.free(buffer);
  for (const name of RESULTS) gpu.free(moved[name]);
  const [newWeight, newMean, newVariance] = await Promise.all(reads);
  return { weight: newWeight, mean: newMean, variance: newVariance };
}

await gpuTest("webgpu: a step of Adam is that of js but for roundings", async (gpu) => {
  for (const shape of [[], [0], [3], [5, 7], [64, 16, 3, 3]]) {
    const hosts = four(shape);
    const exact = hosts.map(({ buffer }) => operand(shape, buffer));
    const wanted = js.adam(exact[0], exact[1], exact[2], exact[3], STEP);
    const found = await stepOnGpu(gpu, hosts);
    for (const name of RESULTS) {
      equal(found[name].length, wanted[name].length);
      found[name].forEach((x, i) => {
        const off = Math.abs(x - wanted[name][i]);
        ok(
          off <= 5e-7 * Math.max(1, Math.abs(wanted[name][i])),
          `${name} at ${i}: ${x}, off by ${off}`,
        );
      });
    }
  }
});

await gpuTest(
  "webgpu: a step of Adam moves by its step size, however small the gradient",
  async (gpu) => {
    const gradient = 1e-6;
    const step = (number: number) => operand([2], [number, -number], "float32");
    const hosts = [operand([2], [0, 0], "float32"), step(gradient), step(gradient)];
    const squares = operand([2], [gradient ** 2, gradient ** 2], "float32");
    const { weight } = await stepOnGpu(gpu, [...hosts, squares]);
    const moved = STEP.stepSize / (1 / STEP.deviationCorrection + STEP.epsilon / gradient);
    ok(Math.abs(weight[0] / -moved - 1) < 1e-6);
    equal(weight[1], -weight[0]);
  },
);

await gpuTest("webgpu: a step of Adam is one dispatch", async (gpu) => {
  await stepOnGpu(gpu, four([100]));
  const { dispatches } = gpu.statistics;
  await stepOnGpu(gpu, four([100]));
  equal(gpu.statistics.dispatches - dispatches, 1);
});
