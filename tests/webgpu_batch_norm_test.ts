import { deepEqual, equal, ok } from "node:assert/strict";
import type { DType, HostArray, Kernels } from "../tensor/device.ts";
import * as js from "../tensor/js/batch_norm.ts";
import { normalNumbers, randomKey, uniformNumbers } from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import { batchNormKernels } from "../tensor/webgpu/batch_norm/kernels.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { fc } from "./fast_check.ts";
import { type Host, operand, seeds } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

type NormKernels<B> = Pick<
  Kernels<B>,
  "batchNorm" | "batchNormRelu" | "batchNormBackward" | "batchNormReluBackward"
>;

interface Operand<B> {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly buffer: B;
}

const EPSILON = 1e-5;

/** Normal numbers about an offset, rounded to float32. */
function random(seed: number, shape: Shape, offset = 0): Host {
  const numbers = normalNumbers(randomKey(seed), sizeOf(shape));
  return operand(shape, numbers.map((x) => x + offset), "float32");
}

function exactly(x: Host): Host {
  return operand(x.shape, x.buffer, "float64");
}

/** The operands of both directions: x, weight, bias and g. */
function operandsOf(shape: Shape, seed: number, offset = 0.5): Host[] {
  const channels = [shape[1]];
  return [
    random(seed, shape, offset),
    random(seed + 1, channels),
    random(seed + 2, channels),
    random(seed + 3, shape),
  ];
}

/** The forward's three results and the backward's three, with the shape of each. */
function normalize<B>(
  kernels: NormKernels<B>,
  hasRelu: boolean,
  [x, weight, bias, g]: readonly Operand<B>[],
): [B, Shape][] {
  const { output, mean, variance } = kernels[hasRelu ? "batchNormRelu" : "batchNorm"](
    x,
    weight,
    bias,
    EPSILON,
  );
  const center = { ...weight, buffer: mean };
  const spread = { ...weight, buffer: variance };
  const gradients = hasRelu
    ? kernels.batchNormReluBackward(x, weight, bias, center, spread, g, EPSILON)
    : kernels.batchNormBackward(x, weight, center, spread, g, EPSILON);
  return [
    [output, x.shape],
    [mean, weight.shape],
    [variance, weight.shape],
    [gradients.x, x.shape],
    [gradients.weight, weight.shape],
    [gradients.bias, weight.shape],
  ];
}

async function normalizeOn(
  gpu: Gpu,
  hasRelu: boolean,
  host: readonly Host[],
): Promise<number[][]> {
  const before = gpu.statistics.live;
  const operands = host.map((x) => placed(gpu, x));
  const found = normalize(batchNormKernels(gpu), hasRelu, operands);
  const numbers = [];
  for (const [buffer, shape] of found) numbers.push(await numbersOf(gpu, buffer, shape));
  for (const { buffer } of operands) gpu.free(buffer);
  for (const [buffer] of found) gpu.free(buffer);
  equal(gpu.statistics.live, before);
  return numbers;
}

function checkClose(found: readonly number[], wanted: ArrayLike<number>, tolerance: number): void {
  equal(found.length, wanted.length);
  const numbers = Array.from(wanted);
  const largest = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  found.forEach((x, i) => {
    ok(
      Object.is(x, numbers[i]) || Math.abs(x - numbers[i]) <= tolerance * largest,
      `at ${i}: ${x}, wanted ${numbers[i]}`,
    );
  });
}

/** Numbers whose ReLU is certain in spite of rounding: none is nearly 0 before it. */
function isDecided({ output }: { output: HostArray }): boolean {
  return output.every((x) => Math.abs(x) > 1e-4);
}

const someShape = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 5 });

const CASES: readonly Shape[] = [[0, 3, 4], [2, 0, 4], [2, 3, 0], [1, 2], [70, 3], [2, 3, 1, 4]];

await gpuTest(
  "webgpu: batch norm, its ReLU and their gradients are what js makes of them",
  async (gpu) => {
    const some = fc.record({
      shape: fc.oneof(fc.constantFrom(...CASES), someShape),
      hasRelu: fc.boolean(),
      seed: seeds,
    });
    await fc.assert(
      fc.asyncProperty(some, async ({ shape, hasRelu, seed }) => {
        const host = operandsOf(shape, seed);
        fc.pre(!hasRelu || isDecided(js.batchNorm(host[0], host[1], host[2], EPSILON)));
        const wanted = normalize<HostArray>(js, hasRelu, host.map(exactly));
        // A channel of few and equal numbers is divided by √ε: its gradients are large.
        (await normalizeOn(gpu, hasRelu, host))
          .forEach((found, i) => checkClose(found, wanted[i][0], 2e-5));
      }),
      {
        seed: 1,
        numRuns: 16,
        examples: CASES.map((shape) => [{ shape, hasRelu: false, seed: 1 }]),
      },
    );
  },
);

await gpuTest("webgpu: batch norm of many elements agrees with float64", async (gpu) => {
  const shapes = [[2, 37, 25, 25], [700, 12], [2, 300, 7, 8], [40, 1, 36, 36]];
  for (const shape of shapes) {
    const host = operandsOf(shape, 1, 3);
    const wanted = normalize<HostArray>(js, false, host.map(exactly));
    (await normalizeOn(gpu, false, host))
      .forEach((found, i) => checkClose(found, wanted[i][0], 2e-6));
  }
});

await gpuTest("webgpu: sums of a million elements are exact to 1e-6", async (gpu) => {
  const size = 2 ** 20;
  const x = operand([2, 1, size / 2], uniformNumbers(randomKey(1), size), "float32");
  const one = operand([1], [1], "float32");
  const found = normalize(
    batchNormKernels(gpu),
    false,
    [x, one, one, x].map((x) => placed(gpu, x)),
  );
  const [, mean, variance, , , sum] = await Promise.all(
    found.map(([buffer, shape]) => shape.length === 1 ? numbersOf(gpu, buffer, shape) : []),
  );
  let total = 0;
  for (const value of x.buffer) total += value;
  let squares = 0;
  for (const value of x.buffer) squares += (value - total / size) ** 2;
  const isClose = ([found]: number[], wanted: number) => {
    ok(Math.abs(found / wanted - 1) < 1e-6, `${found}, wanted ${wanted}`);
  };
  isClose(mean, total / size);
  isClose(variance, squares / size);
  isClose(sum, total);
});

await gpuTest("webgpu: a mean much larger than the deviation costs no precision", async (gpu) => {
  const shape = [2, 5, 40, 40];
  const x = random(1, shape, 1000);
  const weight = random(2, [5]);
  const wanted = js.batchNorm(exactly(x), exactly(weight), exactly(weight), EPSILON);
  const [, mean, variance] = await normalizeOn(gpu, false, [x, weight, weight, x]);
  const ulp = 2 ** -14;
  mean.forEach((found, c) => ok(Math.abs(found - wanted.mean[c]) <= ulp));
  checkClose(variance, wanted.variance, 1e-6);
});

await gpuTest("webgpu: a first element far from the others costs no precision", async (gpu) => {
  const shape = [2, 3, 40, 40];
  const x = random(1, shape);
  x.buffer[1600] = 300;
  const weight = random(2, [3]);
  const wanted = js.batchNorm(exactly(x), exactly(weight), exactly(weight), EPSILON);
  const [, mean, variance] = await normalizeOn(gpu, false, [x, weight, weight, x]);
  mean.forEach((found, c) => {
    ok(Math.abs(found - wanted.mean[c]) < 2e-6 * Math.sqrt(wanted.variance[c]));
  });
  variance.forEach((found, c) => ok(Math.abs(found / wanted.variance[c] - 1) < 2e-6));
});

await gpuTest("webgpu: a constant channel has no variance", async (gpu) => {
  const x = operand([2, 3, 7, 9], new Array(378).fill(0.1), "float32");
  const weight = random(2, [3]);
  const [output, mean, variance] = await normalizeOn(gpu, false, [x, weight, weight, x]);
  deepEqual(variance, [0, 0, 0]);
  deepEqual(mean, Array(3).fill(Math.fround(0.1)));
  ok(output.every(Number.isFinite));
});

await gpuTest(
  "webgpu: the gradient goes where the ReLU's output is positive, to the last bit",
  async (gpu) => {
    for (const size of [[25, 25], [24, 26]]) {
      const shape = [2, 6, ...size];
      const [x, weight, bias, g] = operandsOf(shape, 1);
      // Many outputs that only rounding keeps from 0.
      for (let i = 0; i < x.buffer.length; i += 2) x.buffer[i] = Math.round(x.buffer[i]);
      const [, mean, variance] = await normalizeOn(gpu, false, [x, weight, bias, g]);
      mean.forEach((center, c) => {
        bias.buffer[c] = (center - 1) * weight.buffer[c] / Math.sqrt(variance[c] + EPSILON);
      });
      const [output, , , ...gradients] = await normalizeOn(gpu, true, [x, weight, bias, g]);
      const passed = operand(shape, g.buffer.map((g, i) => output[i] > 0 ? g : 0), "float32");
      const [, , , ...wanted] = await normalizeOn(gpu, false, [x, weight, bias, passed]);
      deepEqual(gradients, wanted);
    }
  },
);

await gpuTest("webgpu: the ReLU of batch norm keeps NaN", async (gpu) => {
  const x = operand([1, 2, 4], [1, 2, NaN, 4, 1, 2, 3, 4], "float32");
  const ones = operand([2], [1, 1], "float32");
  const [output] = await normalizeOn(gpu, true, [x, ones, ones, x]);
  deepEqual(output.map(Number.isNaN), [true, true, true, true, false, false, false, false]);
});
