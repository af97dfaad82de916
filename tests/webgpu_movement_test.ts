import { deepEqual, equal, ok } from "node:assert/strict";
import type { DType, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { WebgpuBuffer } from "../tensor/webgpu/buffer.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { movementKernels } from "../tensor/webgpu/movement/kernels.ts";
import { transpose, transposedShape } from "../tensor/webgpu/movement/transpose.ts";
import { joinedWalk } from "../tensor/webgpu/walk.ts";
import { fc } from "./fast_check.ts";
import { type Host, operand } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

type Movement = Pick<
  Kernels<unknown>,
  "permute" | "broadcastTo" | "slice" | "pad" | "cat"
>;

type Move = <B>(
  kernels: Pick<Kernels<B>, keyof Movement>,
  xs: { shape: Shape; dtype: DType; buffer: B }[],
) => B;

/** 1, 2, 3, …: no element is another's, and none is the 0 of padding. */
function counted(shape: Shape, dtype: DType = "float32", from = 1): Host {
  return operand(shape, Array.from({ length: sizeOf(shape) }, (_, i) => i + from), dtype);
}

/** Moves tensors on the GPU, into memory that holds other numbers, and on js, and compares. */
async function compare(gpu: Gpu, hosts: readonly Host[], shape: Shape, move: Move) {
  const wanted = move<HostArray>(jsDevice.kernels as Kernels<HostArray>, [...hosts]);
  gpu.free(gpu.write(new Float32Array(Math.max(sizeOf(shape), 64)).fill(-7)));
  const xs = hosts.map((x) => placed(gpu, x));
  const found = move<WebgpuBuffer>(movementKernels(gpu), xs);
  const numbers = numbersOf(gpu, found, shape, hosts[0].dtype);
  for (const { buffer } of xs) gpu.free(buffer);
  gpu.free(found);
  deepEqual(await numbers, Array.from(wanted));
}

const FIXED = { seed: 1, numRuns: 40 };
const length = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom(4, 8));
const dtypes = fc.constantFrom<DType>("float32", "int32");
const someShape = fc.array(length, { maxLength: 6 }).filter((shape) => sizeOf(shape) <= 4000);

await gpuTest("webgpu: reshape returns its operand's own buffer", (gpu) => {
  const x = placed(gpu, counted([2, 3]));
  equal(movementKernels(gpu).reshape(x, [6]), x.buffer);
});

await gpuTest("webgpu: permute agrees with js for any axes", async (gpu) => {
  const cases = someShape.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.shuffledSubarray(shape.map((_, axis) => axis), { minLength: shape.length }),
      dtypes,
    )
  );
  await fc.assert(
    fc.asyncProperty(cases, ([shape, axes, dtype]) => {
      const out = axes.map((axis) => shape[axis]);
      return compare(gpu, [counted(shape, dtype)], out, (k, [x]) => k.permute(x, axes));
    }),
    FIXED,
  );
});

await gpuTest("webgpu: broadcastTo agrees with js for any axes", async (gpu) => {
  const cases = someShape.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.tuple(...shape.map(() => fc.boolean())),
      fc.nat(shape.length),
      dtypes,
    )
  );
  await fc.assert(
    fc.asyncProperty(cases, ([shape, repeated, missing, dtype]) => {
      const from = shape.map((length, axis) => repeated[axis] ? 1 : length).slice(missing);
      return compare(gpu, [counted(from, dtype)], shape, (k, [x]) => k.broadcastTo(x, shape));
    }),
    FIXED,
  );
});

/** A shape, and a part of it: where it begins and its own shape. */
interface Part {
  readonly shape: Shape;
  readonly start: readonly number[];
  readonly inner: Shape;
  readonly dtype: DType;
}

const someParts = someShape.chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.tuple(...shape.map((length) =>
      fc.nat(length).chain((start) => fc.tuple(fc.constant(start), fc.nat(length - start)))
    )),
    dtypes,
  )
).map(([shape, parts, dtype]) => ({
  shape,
  start: parts.map(([start]) => start),
  inner: parts.map(([, length]) => length),
  dtype,
}));

const FOURS: readonly Part[] = [
  { shape: [8], start: [4], inner: [4] },
  { shape: [8], start: [4], inner: [3] },
  { shape: [11], start: [4], inner: [7] },
  { shape: [3, 8], start: [0, 4], inner: [3, 2] },
  { shape: [3, 8], start: [1, 0], inner: [2, 8] },
  { shape: [3, 8], start: [1, 4], inner: [2, 4] },
  { shape: [3, 8], start: [1, 1], inner: [2, 4] },
  { shape: [3, 9], start: [0, 4], inner: [3, 4] },
  { shape: [3, 2, 12], start: [0, 1, 4], inner: [3, 1, 8] },
  { shape: [5, 4, 6], start: [2, 0, 0], inner: [2, 4, 6] },
  { shape: [5, 4, 6], start: [0, 1, 0], inner: [5, 2, 6] },
  { shape: [1, 5], start: [0, 0], inner: [0, 3] },
].map((part) => ({ ...part, dtype: "float32" }));

await gpuTest("webgpu: slice agrees with js, in fours or not", async (gpu) => {
  const check = ({ shape, start, inner, dtype }: Part) =>
    compare(gpu, [counted(shape, dtype)], inner, (k, [x]) => k.slice(x, start, inner));
  for (const part of FOURS) await check(part);
  await fc.assert(fc.asyncProperty(someParts, check), FIXED);
});

await gpuTest("webgpu: pad agrees with js, and is 0 around, in fours or not", async (gpu) => {
  const check = ({ shape, start, inner, dtype }: Part) =>
    compare(gpu, [counted(inner, dtype)], shape, (k, [x]) => k.pad(x, start, shape));
  for (const part of FOURS) await check(part);
  await fc.assert(fc.asyncProperty(someParts, check), FIXED);
});

await gpuTest("webgpu: cat agrees with js along any axis", async (gpu) => {
  const cases = someShape.filter((shape) => shape.length > 0).chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.nat(shape.length - 1),
      fc.array(length, { minLength: 1, maxLength: 4 }),
      dtypes,
    )
  );
  const check = (shape: Shape, axis: number, lengths: readonly number[], dtype: DType) => {
    const hosts = lengths.map((length, i) =>
      counted(shape.with(axis, length), dtype, 10000 * i + 1)
    );
    const out = shape.with(axis, lengths.reduce((sum, length) => sum + length, 0));
    return compare(gpu, hosts, out, (k, xs) => k.cat(xs, axis, out));
  };
  await check([4], 0, [4, 3], "float32");
  await check([3, 4], 0, [2, 3], "float32");
  await check([3, 4], 1, [4, 8], "float32");
  await check([3, 4], 1, [1, 1, 1, 1], "float32");
  await fc.assert(
    fc.asyncProperty(cases, ([shape, axis, lengths, dtype]) => check(shape, axis, lengths, dtype)),
    FIXED,
  );
});

await gpuTest("webgpu: tiles transpose matrices of any size", async (gpu) => {
  for (const [batch, rows, columns] of [[1, 32, 32], [2, 33, 47], [3, 16, 100], [1, 1, 70]]) {
    const x = counted([batch, rows, columns]);
    const wanted = jsDevice.kernels.permute(x, [0, 2, 1]) as HostArray;
    const out = gpu.allocate([batch, columns, rows]);
    transpose(gpu, placed(gpu, x).buffer, [batch, rows, columns], out);
    deepEqual(await numbersOf(gpu, out, [batch, columns, rows]), Array.from(wanted));
  }
});

Deno.test("webgpu: permutations of the last two axes are known for transposes", () => {
  const known = (shape: Shape, axes: readonly number[]) => {
    const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
    const out = axes.map((axis) => shape[axis]);
    const outStrides = out.map((_, axis) => sizeOf(out.slice(axis + 1)));
    return transposedShape(joinedWalk(out, [axes.map((axis) => strides[axis]), outStrides]));
  };
  deepEqual(known([40, 50], [1, 0]), [1, 40, 50]);
  deepEqual(known([3, 40, 50], [0, 2, 1]), [3, 40, 50]);
  deepEqual(known([3, 40, 5, 10], [0, 2, 3, 1]), [3, 40, 50]);
  deepEqual(known([3, 2, 40, 50], [0, 1, 3, 2]), [6, 40, 50]);
  for (
    const [shape, axes] of [
      [[40, 50], [0, 1]],
      [[40, 4], [1, 0]],
      [[20, 30, 40], [2, 1, 0]],
      [[20, 30, 40], [1, 0, 2]],
      [[3, 20, 30, 40], [1, 0, 3, 2]],
      [[], []],
    ]
  ) ok(known(shape, axes) === undefined, `[${shape}] by [${axes}]`);
});
