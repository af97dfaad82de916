/**
 * Elementwise kernels of several operands on the GPU, on random shapes: to the last bit those of js.
 */

import { deepEqual, ok } from "node:assert/strict";
import * as js from "../tensor/js/elementwise.ts";
import { broadcastShapes, broadcastsTo, type Shape } from "../tensor/shape.ts";
import { elementwiseKernels } from "../tensor/webgpu/elementwise/kernels.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { walkByFours } from "../tensor/webgpu/walk.ts";
import { fc } from "./fast_check.ts";
import { broadcastPairs, digits, FIXED } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

const OPERATIONS = ["add", "mul", "greater", "equal"] as const;
const dtypes = fc.constantFrom("float32" as const, "int32" as const);

/** Small whole numbers: no device rounds them, and many are equal. */
async function checkPair(
  gpu: Gpu,
  left: Shape,
  right: Shape,
  dtype: "float32" | "int32",
): Promise<void> {
  const kernels = elementwiseKernels(gpu);
  const shape = broadcastShapes("test", left, right);
  const [x, y, mask] = [
    digits(left, 1, 4, dtype),
    digits(right, 2, 4, dtype),
    digits(left, 3, 2, dtype),
  ];
  const [xs, ys, masks] = [x, y, mask].map((operand) => placed(gpu, operand));
  for (const name of OPERATIONS) {
    const out = kernels[name](xs, ys, shape);
    const found = await numbersOf(gpu, out, shape, dtype);
    deepEqual(found, Array.from(js[name](x, y, shape)), `${name} of [${left}] and [${right}]`);
    gpu.free(out);
  }
  const chosen = kernels.where(masks, xs, ys, shape);
  deepEqual(
    await numbersOf(gpu, chosen, shape, dtype),
    Array.from(js.where(mask, x, y, shape)),
    `where of [${left}] and [${right}]`,
  );
  for (const buffer of [xs.buffer, ys.buffer, masks.buffer, chosen]) gpu.free(buffer);
}

await gpuTest("operands broadcast on the GPU as on js: random shapes", async (gpu) => {
  const before = gpu.statistics.live;
  const meeting = broadcastPairs.filter(([a, b]) => meet(a, b));
  const property = fc.asyncProperty(
    meeting,
    dtypes,
    ([left, right], dtype) => checkPair(gpu, left, right, dtype),
  );
  await fc.assert(property, { ...FIXED, numRuns: 25 });
  ok(gpu.statistics.live === before);
});

/** Whether two shapes broadcast to one. */
function meet(a: Shape, b: Shape): boolean {
  try {
    const shape = broadcastShapes("test", a, b);
    return broadcastsTo(a, shape) && broadcastsTo(b, shape);
  } catch {
    return false;
  }
}

await gpuTest("by fours, by ones and repeated: every course of a broadcast", async (gpu) => {
  const pairs: [Shape, Shape][] = [
    [[2, 3, 8], [2, 3, 8]],
    [[2, 3, 8], [3, 1]],
    [[2, 3, 8], [8]],
    [[2, 1, 8], [3, 1]],
    [[2, 3, 7], [3, 1]],
    [[2, 3, 7], []],
    [[5], [5]],
    [[2, 1, 2, 1, 2, 1], [1, 3, 1, 3, 1, 4]],
    [[0, 4], [1, 4]],
  ];
  for (const [left, right] of pairs) {
    await checkPair(gpu, left, right, "float32");
    await checkPair(gpu, right, left, "int32");
  }
});

Deno.test("a walk goes by fours only where every operand lies so", () => {
  deepEqual(walkByFours({ lengths: [2, 8], steps: [[8, 1], [1, 0]] }), {
    lengths: [2, 2],
    steps: [[2, 1], [1, 0]],
  });
  deepEqual(walkByFours({ lengths: [2, 4], steps: [[6, 1]] }), undefined);
  deepEqual(walkByFours({ lengths: [2, 6], steps: [[8, 1]] }), undefined);
  deepEqual(walkByFours({ lengths: [2, 4], steps: [[1, 2]] }), undefined);
});
