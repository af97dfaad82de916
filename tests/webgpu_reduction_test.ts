import { deepEqual, ok } from "node:assert/strict";
import type { DType, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { randomKey, uniformNumbers } from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { reductionKernels } from "../tensor/webgpu/reduction/kernels.ts";
import { fc } from "./fast_check.ts";
import { type Host, operand, seeds } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

const js = jsDevice.kernels as Kernels<HostArray>;

async function sumOnGpu(gpu: Gpu, host: Host, shape: Shape): Promise<number[]> {
  const x = placed(gpu, host);
  const sums = reductionKernels(gpu).sumTo(x, shape);
  const numbers = numbersOf(gpu, sums, shape, host.dtype);
  gpu.free(x.buffer);
  gpu.free(sums);
  return await numbers;
}

/** Whole numbers from −50 to 50, whose sums are exact in any order. */
function whole(shape: Shape, seed: number, dtype: DType): Host {
  const numbers = uniformNumbers(randomKey(seed), sizeOf(shape));
  return operand(shape, numbers.map((u) => Math.round(100 * u) - 50), dtype);
}

const FIXED = { seed: 1, numRuns: 40 };
const dtypes = fc.constantFrom<DType>("float32", "int32");
const length = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(4, 8));

const someReduction = fc.array(length, { maxLength: 6 })
  .filter((shape) => sizeOf(shape) <= 4000)
  .chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.tuple(...shape.map(() => fc.boolean())),
      fc.nat(shape.length),
    )
  ).map(([shape, summed, missing]) => ({
    shape,
    to: shape.map((length, axis) => summed[axis] ? 1 : length).slice(missing),
  }));

await gpuTest("webgpu: sums over any axes are those of js", (gpu) =>
  fc.assert(
    fc.asyncProperty(someReduction, seeds, dtypes, async ({ shape, to }, seed, dtype) => {
      const x = whole(shape, seed, dtype);
      const found = await sumOnGpu(gpu, x, to);
      deepEqual(found.map((sum) => sum + 0), Array.from(js.sumTo(x, to)));
    }),
    FIXED,
  ));

/** Sums of several stages, of rows and columns, by fours and not. */
const LONG: readonly (readonly [Shape, Shape])[] = [
  [[512], []],
  [[513], []],
  [[50_003], []],
  [[65_536], []],
  [[2, 50_001], [2, 1]],
  [[300, 1024], [300, 1]],
  [[30_000, 3], [3]],
  [[30_001, 3], [1, 3]],
  [[3_000, 37], [1, 37]],
  [[129, 200], [200]],
  [[128, 201], [201]],
  [[20, 2_100], [2_100]],
  [[3, 8, 17, 41], [1, 8, 1, 1]],
  [[2, 4, 32, 32], [1, 4, 1, 1]],
  [[2, 5, 60, 48], [5, 60, 1]],
];

await gpuTest("webgpu: long sums are exact where every partial sum is", async (gpu) => {
  for (const [shape, to] of LONG) {
    for (const dtype of ["float32", "int32"] as const) {
      const x = whole(shape, 1, dtype);
      deepEqual(await sumOnGpu(gpu, x, to), Array.from(js.sumTo(x, to)), `${dtype} [${shape}]`);
    }
  }
});

await gpuTest("webgpu: sums of a million floats are off by less than 1e-6 of them", async (gpu) => {
  const tenths = Float64Array.from({ length: 1e6 }, () => 0.1);
  const numbers = uniformNumbers(randomKey(1), 1e6);
  const signed = numbers.map((u) => u - 0.5);
  const shapes: [Shape, Shape][] = [[[1e6], []], [[200_000, 5], [5]], [[5, 200_000], [5, 1]]];
  for (const [i, sample] of [tenths, numbers, signed].entries()) {
    for (const [shape, to] of i === 0 ? shapes : shapes.slice(0, 1)) {
      const x = operand(shape, sample, "float32");
      const exact = operand(shape, x.buffer, "float64");
      const magnitudes = operand(shape, x.buffer.map(Math.abs), "float64");
      const [wanted, scale] = [js.sumTo(exact, to), js.sumTo(magnitudes, to)];
      const found = await sumOnGpu(gpu, x, to);
      found.forEach((sum, i) => {
        const off = Math.abs(sum - wanted[i]) / scale[i];
        ok(off < 1e-6, `[${shape}] at ${i}: ${sum}, wanted ${wanted[i]}, off by ${off}`);
      });
    }
  }
});

await gpuTest("webgpu: int32 sums keep their low 32 bits", async (gpu) => {
  const x = operand([3], [2 ** 31 - 1, 2 ** 31 - 1, 5], "int32");
  deepEqual(await sumOnGpu(gpu, x, []), [3]);
});

await gpuTest(
  "webgpu: a sum of numbers with NaN or infinities is what js makes of it",
  async (gpu) => {
    const x = operand(
      [4, 3],
      [1, NaN, 2, 3, 4, 5, Infinity, 1, 2, Infinity, -Infinity, 0],
      "float32",
    );
    deepEqual(await sumOnGpu(gpu, x, [4, 1]), [NaN, 12, Infinity, NaN]);
  },
);

await gpuTest("webgpu: sums have the same bits each time", async (gpu) => {
  const numbers = uniformNumbers(randomKey(2), 150_000);
  const x = operand([50_000, 3], numbers, "float32");
  deepEqual(await sumOnGpu(gpu, x, [3]), await sumOnGpu(gpu, x, [3]));
});

async function argmaxOnGpu(gpu: Gpu, host: Host): Promise<number[]> {
  const x = placed(gpu, host);
  const positions = reductionKernels(gpu).argmax(x);
  const numbers = numbersOf(gpu, positions, host.shape.slice(0, -1), "int32");
  gpu.free(x.buffer);
  gpu.free(positions);
  return await numbers;
}

await gpuTest("webgpu: argmax is the first maximum, and NaN is largest", (gpu) => {
  const pixel = fc.constantFrom(0, -0, 1, 2, -1, 1e-40, NaN, Infinity, -Infinity);
  const rows = fc.integer({ min: 1, max: 9 }).chain((length) =>
    fc.array(fc.array(pixel, { minLength: length, maxLength: length }), { maxLength: 9 })
  );
  return fc.assert(
    fc.asyncProperty(rows, dtypes, async (rows, dtype) => {
      const x = operand([rows.length, rows[0]?.length ?? 1], rows.flat(), dtype);
      deepEqual(await argmaxOnGpu(gpu, x), Array.from(js.argmax(x)));
    }),
    FIXED,
  );
});

await gpuTest("webgpu: argmax of long rows is the first maximum as well", async (gpu) => {
  for (const length of [512, 513, 1000, 70_001]) {
    for (const dtype of ["float32", "int32"] as const) {
      const x = whole([3, length], length, dtype);
      // Maxima that a later lane finds first.
      for (const at of [length - 1, length - 40, length >> 1]) x.buffer[length + at] = 99;
      if (dtype === "float32") { for (const at of [77, 300]) x.buffer[2 * length + at] = NaN; }
      deepEqual(await argmaxOnGpu(gpu, x), Array.from(js.argmax(x)), `${dtype} of ${length}`);
    }
  }
  const vector = whole([2000], 5, "float32");
  deepEqual(await argmaxOnGpu(gpu, vector), Array.from(js.argmax(vector)));
});
