import { deepEqual } from "node:assert/strict";
import type { DType, HostArray } from "../tensor/device.ts";
import { gather, scatterAdd } from "../tensor/js/indexing.ts";
import type { Shape } from "../tensor/shape.ts";
import { indexingKernels } from "../tensor/webgpu/indexing/kernels.ts";
import { fc } from "./fast_check.ts";
import { digits, type Host, normal, operand, seeds } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

/** An index of x along an axis, of `along` positions a line. */
interface Case {
  readonly shape: Shape;
  readonly axis: number;
  readonly along: number;
}

const someCase = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 }).chain(
  (shape) => {
    const axis = fc.nat(shape.length - 1);
    return fc.record({ shape: fc.constant(shape), axis, along: fc.nat(9) });
  },
).filter(({ shape, axis, along }) => shape[axis] > 0 || along === 0);

const CASES: readonly Case[] = [
  { shape: [7], axis: 0, along: 30 },
  { shape: [50], axis: 0, along: 1 },
  { shape: [6, 10], axis: 1, along: 1 },
  { shape: [40, 9], axis: 0, along: 70 },
  { shape: [3, 5, 64], axis: 1, along: 2 },
  { shape: [2, 1, 3, 4, 1, 5], axis: 3, along: 7 },
  { shape: [2, 3, 1], axis: 2, along: 4 },
  { shape: [2, 0, 3], axis: 2, along: 4 },
  { shape: [2, 5, 3], axis: 1, along: 0 },
];

/** The operands of a case: x, an index, and g of the index's shape. */
function operandsOf({ shape, axis, along }: Case, seed: number, dtype: DType): Host[] {
  const chosen = shape.with(axis, along);
  const numbers = (of: Shape, seed: number) =>
    dtype === "int32" ? digits(of, seed, 100, "int32") : normal(of, seed, "float32");
  return [
    numbers(shape, seed),
    digits(chosen, seed + 1, shape[axis], "int32"),
    numbers(chosen, seed + 2),
  ];
}

const some = fc.record({
  indexing: fc.oneof(fc.constantFrom(...CASES), someCase),
  seed: seeds,
  dtype: fc.constantFrom<DType>("float32", "int32"),
});

await gpuTest(
  "webgpu: gather and scatterAdd are what js makes of them, to the last bit",
  async (gpu) => {
    const kernels = indexingKernels(gpu);
    await fc.assert(
      fc.asyncProperty(some, async ({ indexing, seed, dtype }) => {
        const { shape, axis } = indexing;
        const host = operandsOf(indexing, seed, dtype);
        const [x, index, g] = host.map((of) => placed(gpu, of));
        const gathered = kernels.gather(x, index, axis);
        deepEqual(
          await numbersOf(gpu, gathered, index.shape, dtype),
          Array.from(gather(host[0], host[1], axis)),
        );
        const sent = kernels.scatterAdd(g, index, axis, shape);
        deepEqual(
          await numbersOf(gpu, sent, shape, dtype),
          Array.from(scatterAdd(host[2], host[1], axis, shape)),
        );
        for (const { buffer } of [x, index, g]) gpu.free(buffer);
        for (const buffer of [gathered, sent]) gpu.free(buffer);
      }),
      {
        seed: 1,
        numRuns: 30,
        examples: CASES.map((indexing) => [{ indexing, seed: 1, dtype: "float32" }]),
      },
    );
  },
);

await gpuTest("webgpu: scatterAdd starts from zeros, whatever was in its buffer", async (gpu) => {
  const { scatterAdd } = indexingKernels(gpu);
  const index = placed(gpu, operand([2, 2], [0, 0, 3, 1], "int32"));
  const g = placed(gpu, operand([2, 2], [1, 2, 3, 4], "float32"));
  gpu.free(gpu.write(new Float32Array(8).fill(NaN)));
  const sent = scatterAdd(g, index, 1, [2, 4]);
  deepEqual(await numbersOf(gpu, sent, [2, 4]), [3, 0, 0, 0, 0, 4, 0, 3]);
});

await gpuTest("webgpu: an index out of range gathers NaN, or 0 of integers", async (gpu) => {
  const { gather } = indexingKernels(gpu);
  const index = placed(gpu, operand([5], [-1, 2, 3, 2 ** 31 - 1, -(2 ** 31)], "int32"));
  const gathered = async (x: HostArray, dtype: DType) => {
    const out = gather(placed(gpu, { shape: [3], dtype, buffer: x }), index, 0);
    return await numbersOf(gpu, out, [5], dtype);
  };
  deepEqual(await gathered(Float32Array.of(7, 8, 9), "float32"), [NaN, 9, NaN, NaN, NaN]);
  deepEqual(await gathered(Int32Array.of(7, 8, 9), "int32"), [0, 9, 0, 0, 0]);
});

await gpuTest("webgpu: scatterAdd leaves out what an index out of range asks for", async (gpu) => {
  const { scatterAdd } = indexingKernels(gpu);
  const index = placed(gpu, operand([2, 3], [-1, 2, 3, 1, -5, 1000], "int32"));
  const g = placed(gpu, operand([2, 3], [1, 2, 3, 4, 5, 6], "float32"));
  const sent = scatterAdd(g, index, 1, [2, 3]);
  deepEqual(await numbersOf(gpu, sent, [2, 3]), [0, 0, 2, 0, 4, 0]);
});

await gpuTest("scatterAdd adds more than a loop may take", async (gpu) => {
  const count = 70000;
  const ones = placed(gpu, operand([count], new Float32Array(count).fill(1), "float32"));
  const zeros = placed(gpu, operand([count], new Int32Array(count), "int32"));
  const out = indexingKernels(gpu).scatterAdd(ones, zeros, 0, [1]);
  deepEqual(await numbersOf(gpu, out, [1]), [count]);
});
