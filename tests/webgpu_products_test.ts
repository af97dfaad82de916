/**
 * Products on the GPU: every way of doing them against js in float64, on fixed and on random shapes.
 */

import { equal, ok } from "node:assert/strict";
import * as js from "../tensor/js/conv2d.ts";
import { matmul as jsMatmul } from "../tensor/js/matmul.ts";
import { type Geometry, geometry, type Shape, windowOutput } from "../tensor/shape.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { productKernels } from "../tensor/webgpu/products/kernels.ts";
import { runProduct, type Tile } from "../tensor/webgpu/products/panel.ts";
import { fc } from "./fast_check.ts";
import { FIXED, type Host, normal, operand } from "./host_operands.ts";
import { asHardware, gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

/** Of float32 sums of a few hundred products, relative to the largest result. */
const TOLERANCE = 5e-6;

function closeBy(what: string, actual: readonly number[], wanted: ArrayLike<number>): void {
  equal(actual.length, wanted.length);
  const largest = Array.from(wanted).reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  actual.forEach((value, i) => {
    const gap = Math.abs(value - wanted[i]) / largest;
    ok(gap <= TOLERANCE, `${what}: element ${i} is ${value}, wanted ${wanted[i]}`);
  });
}

/** Numbers that float32 holds, so that both devices start from the same. */
function inputs(shape: Shape, seed: number): { host: Host; single: Host } {
  const single = normal(shape, seed, "float32");
  return { single, host: operand(shape, single.buffer) };
}

async function checkConvolution(
  gpu: Gpu,
  [batch, channels, height, width]: readonly number[],
  [outputs, kernelHeight, kernelWidth]: readonly number[],
  by: Geometry,
): Promise<void> {
  const { conv2d, conv2dInput, conv2dWeight } = productKernels(gpu);
  const xShape = [batch, channels, height, width];
  const weightShape = [outputs, channels, kernelHeight, kernelWidth];
  const window = windowOutput("test", [height, width], [kernelHeight, kernelWidth], by);
  const shape = [batch, outputs, ...window];
  const [x, weight, bias, g] = [xShape, weightShape, [outputs], shape].map(inputs);
  const [xs, weights, biases, gs] = [x, weight, bias, g].map(({ single }) => placed(gpu, single));
  const made = [
    conv2d(xs, weights, by, shape, biases),
    conv2d(xs, weights, by, shape),
    conv2dInput(gs, weights, by, xShape),
    conv2dWeight(xs, gs, by, weightShape),
  ];
  const numbers = await Promise.all(
    [shape, shape, xShape, weightShape].map((shape, i) => numbersOf(gpu, made[i], shape)),
  );
  const what = `${xShape} by ${weightShape}, ${JSON.stringify(by)}`;
  closeBy(`biased ${what}`, numbers[0], js.conv2d(x.host, weight.host, by, shape, bias.host));
  closeBy(`forward ${what}`, numbers[1], js.conv2d(x.host, weight.host, by, shape));
  closeBy(`input ${what}`, numbers[2], js.conv2dInput(g.host, weight.host, by, xShape));
  closeBy(`weight ${what}`, numbers[3], js.conv2dWeight(x.host, g.host, by, weightShape));
  for (const { buffer } of [xs, weights, biases, gs]) gpu.free(buffer);
  made.forEach((buffer) => gpu.free(buffer));
}

const CONVOLUTIONS: [string, number[], number[], Geometry][] = [
  ["one tile", [1, 1, 4, 4], [1, 3, 3], geometry("test", { padding: 1 })],
  ["whole tiles", [2, 8, 8, 12], [16, 3, 3], geometry("test", { padding: 1 })],
  ["broken tiles", [2, 5, 7, 9], [6, 3, 3], geometry("test", { padding: 1 })],
  ["no padding", [1, 3, 6, 6], [2, 3, 3], geometry("test", {})],
  ["padding by 2", [1, 3, 6, 5], [2, 3, 3], geometry("test", { padding: [2, 0] })],
  ["padding by 3", [1, 2, 5, 5], [3, 3, 3], geometry("test", { padding: 3 })],
  ["more than a split of tiles", [9, 3, 44, 44], [5, 3, 3], geometry("test", { padding: 1 })],
  ["a stride", [2, 3, 9, 8], [4, 3, 3], geometry("test", { stride: 2, padding: 1 })],
  ["a dilation", [1, 3, 9, 8], [4, 3, 3], geometry("test", { dilation: 2, padding: 1 })],
  ["1×1", [2, 6, 5, 7], [9, 1, 1], geometry("test", {})],
  ["5×2", [1, 2, 9, 8], [3, 5, 2], geometry("test", { padding: [2, 1] })],
  ["an empty batch", [0, 3, 6, 6], [2, 3, 3], geometry("test", { padding: 1 })],
  ["an empty batch, 1×1", [0, 3, 6, 6], [2, 1, 1], geometry("test", {})],
];

for (const [name, image, filters, by] of CONVOLUTIONS) {
  await gpuTest(
    `a convolution and its transposes on the GPU: ${name}`,
    (gpu) => checkConvolution(gpu, image, filters, by),
  );
}

await gpuTest("a convolution and its transposes on the GPU: random shapes", async (gpu) => {
  const side = fc.integer({ min: 3, max: 11 });
  const few = fc.integer({ min: 1, max: 9 });
  const small = fc.integer({ min: 1, max: 3 });
  const property = fc.asyncProperty(
    fc.tuple(small, few, side, side),
    fc.tuple(few, small, small),
    fc.record({ stride: small, padding: fc.integer({ min: 0, max: 2 }), dilation: fc.constant(1) }),
    (image, filters, options) => checkConvolution(gpu, image, filters, geometry("test", options)),
  );
  await fc.assert(property, { ...FIXED, numRuns: 15 });
});

async function checkMatmul(gpu: Gpu, left: Shape, right: Shape, shape: Shape): Promise<void> {
  const [x, y] = [inputs(left, 1), inputs(right, 2)];
  const [xs, ys] = [placed(gpu, x.single), placed(gpu, y.single)];
  const out = productKernels(gpu).matmul(xs, ys, shape);
  const wanted = jsMatmul(x.host, y.host, shape);
  closeBy(`${left} by ${right}`, await numbersOf(gpu, out, shape), wanted);
  [xs.buffer, ys.buffer, out].forEach((buffer) => gpu.free(buffer));
}

const MATMULS: [string, Shape, Shape, Shape][] = [
  ["whole fours", [16, 8], [8, 12], [16, 12]],
  ["odd lengths", [5, 7], [7, 3], [5, 3]],
  ["one column", [9, 6], [6, 1], [9, 1]],
  ["a large one", [70, 130], [130, 90], [70, 90]],
  ["a batch", [3, 4, 8], [3, 8, 4], [3, 4, 4]],
  ["a batch by one", [3, 4, 5], [5, 6], [3, 4, 6]],
  ["one by a batch", [4, 8], [3, 2, 8, 4], [3, 2, 4, 4]],
  ["batches that repeat by turns", [2, 1, 3, 4], [1, 3, 4, 5], [2, 3, 3, 5]],
  ["three axes in front", [2, 1, 3, 2, 4], [1, 4, 1, 4, 3], [2, 4, 3, 2, 3]],
  ["a sum longer than a loop may be", [2, 70000], [70000, 3], [2, 3]],
  ["more matrices than groups along an axis", [65537, 1, 1], [65537, 1, 1], [65537, 1, 1]],
  ["nothing to sum", [2, 0], [0, 3], [2, 3]],
  ["no rows", [0, 4], [4, 3], [0, 3]],
];

for (const [name, left, right, shape] of MATMULS) {
  await gpuTest(`matmul on the GPU: ${name}`, (gpu) => checkMatmul(gpu, left, right, shape));
}

await gpuTest("products as a GPU in hardware does them", async () => {
  const gpu = await asHardware();
  for (const [, image, filters, by] of CONVOLUTIONS) {
    await checkConvolution(gpu, image, filters, by);
  }
  await checkConvolution(gpu, [1, 70, 12, 12], [66, 3, 3], geometry("test", { padding: 1 }));
  for (const [, left, right, shape] of MATMULS.slice(0, -4)) {
    await checkMatmul(gpu, left, right, shape);
  }
  await checkMatmul(gpu, [150, 40], [40, 200], [150, 200]);
  gpu.destroy();
});

const TILES: Tile[] = [
  { rows: 16, fours: 4, across: 8, down: 1, depth: 0 },
  { rows: 4, fours: 1, across: 8, down: 1, depth: 0 },
  { rows: 4, fours: 1, across: 16, down: 16, depth: 16 },
  { rows: 8, fours: 2, across: 16, down: 16, depth: 8 },
];

await gpuTest("every tile of a product gives the same bits", async (gpu) => {
  const [rows, columns, depth] = [70, 132, 37];
  const [a, b] = [[depth, 72], [depth, columns]].map((shape, i) =>
    placed(gpu, normal(shape, i, "float32")).buffer
  );
  const results = await Promise.all(TILES.map((tile) => {
    const c = gpu.allocate([rows, columns]);
    runProduct(
      gpu,
      tile,
      { buffer: a, rowStep: 18, batchStep: 0 },
      { buffer: b, rowStep: columns / 4, batchStep: 0 },
      { buffer: c, rowStep: columns, batchStep: 0 },
      { batch: 1, rows, columns, depth },
    );
    return numbersOf(gpu, c, [rows, columns]);
  }));
  ok(results[0].some((value) => value !== 0));
  for (const result of results) ok(result.every((value, i) => Object.is(value, results[0][i])));
});

await gpuTest("a product of more rows than groups along an axis", async (gpu) => {
  const rows = 65535 * 4 + 8;
  const numbers = Float32Array.from({ length: rows }, (_, i) => i % 1000);
  const a = gpu.write(numbers);
  const b = gpu.write(Float32Array.of(2, 3, 5, 7));
  const c = gpu.allocate([rows, 4]);
  runProduct(
    gpu,
    { rows: 4, fours: 1, across: 8, down: 1, depth: 0 },
    { buffer: a, rowStep: rows / 4, batchStep: 0 },
    { buffer: b, rowStep: 1, batchStep: 0 },
    { buffer: c, rowStep: 4, batchStep: 0 },
    { batch: 1, rows, columns: 4, depth: 1 },
  );
  const found = await numbersOf(gpu, c, [rows, 4]);
  ok(found.every((value, i) => value === numbers[i >> 2] * [2, 3, 5, 7][i & 3]));
});
