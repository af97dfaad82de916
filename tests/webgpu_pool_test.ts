import { deepEqual, equal } from "node:assert/strict";
import type { HostArray, Kernels } from "../tensor/device.ts";
import { gather, scatterAdd } from "../tensor/js/indexing.ts";
import { argmaxPool } from "../tensor/js/pool.ts";
import { type Geometry, type Shape, sizeOf, windowOutput } from "../tensor/shape.ts";
import type { WebgpuBuffer } from "../tensor/webgpu/buffer.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { indexingKernels } from "../tensor/webgpu/indexing/kernels.ts";
import { poolKernels } from "../tensor/webgpu/pool/kernels.ts";
import { fc } from "./fast_check.ts";
import { digits, type Host, normal, operand } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

/** A pool over images [N,C,H,W]. */
interface Pool {
  readonly shape: readonly [number, number, number, number];
  readonly kernel: readonly [number, number];
  readonly geometry: Geometry;
}

type PoolKernels<B> = Pick<Kernels<B>, "argmaxPool" | "gather" | "scatterAdd">;

const JS: PoolKernels<HostArray> = { argmaxPool, gather, scatterAdd };

interface Operand<B> {
  readonly shape: Shape;
  readonly dtype: "float32";
  readonly buffer: B;
}

/** The positions of the maxima, what is there, and g sent back to there. */
function pool<B>(
  kernels: PoolKernels<B>,
  { shape: [N, C, H, W], kernel, geometry }: Pool,
  x: Operand<B>,
  g: Operand<B>,
): { index: B; maxima: B; sent: B } {
  const flat = [N, C, g.shape[2] * g.shape[3]];
  const buffer = kernels.argmaxPool(x, kernel, geometry, g.shape);
  const index = { shape: flat, dtype: "int32" as const, buffer };
  const planes = [N, C, H * W];
  return {
    index: buffer,
    maxima: kernels.gather({ ...x, shape: planes }, index, 2),
    sent: kernels.scatterAdd({ ...g, shape: flat }, index, 2, planes),
  };
}

function gpuKernels(gpu: Gpu): PoolKernels<WebgpuBuffer> {
  return { ...poolKernels(gpu), ...indexingKernels(gpu) };
}

const float32 = (x: Host) => ({ ...x, dtype: "float32" as const });

/** Checks a pool to the last bit. */
async function checkPool(gpu: Gpu, options: Pool, pixels: HostArray): Promise<void> {
  const { shape: [N, C, H, W], kernel, geometry } = options;
  const count = windowOutput("pool", [H, W], kernel, geometry);
  const x = float32(operand(options.shape, pixels, "float32"));
  const g = float32(normal([N, C, ...count], 1, "float32"));
  const wanted = pool(JS, options, x, g);
  const [xOnGpu, gOnGpu] = [x, g].map((host) => ({ ...host, buffer: placed(gpu, host).buffer }));
  const found = pool(gpuKernels(gpu), options, xOnGpu, gOnGpu);
  deepEqual(await numbersOf(gpu, found.index, g.shape, "int32"), Array.from(wanted.index));
  deepEqual(await numbersOf(gpu, found.maxima, g.shape), Array.from(wanted.maxima));
  deepEqual(await numbersOf(gpu, found.sent, options.shape), Array.from(wanted.sent));
  for (const buffer of Object.values(found)) gpu.free(buffer);
  for (const { buffer } of [xOnGpu, gOnGpu]) gpu.free(buffer);
}

const pairTo = (most: number) =>
  fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }));

const somePool = fc.record({
  kernel: pairTo(4),
  stride: pairTo(5),
  dilation: pairTo(3),
  margin: fc.tuple(fc.nat(2), fc.nat(2)),
  images: fc.nat(3),
  channels: fc.integer({ min: 1, max: 4 }),
  room: fc.tuple(fc.nat(9), fc.nat(9)),
}).map(({ kernel, stride, dilation, margin, images, channels, room }): Pool => {
  const both = <T>(compute: (i: 0 | 1) => T): [T, T] => [compute(0), compute(1)];
  const reach = both((i) => dilation[i] * (kernel[i] - 1) + 1);
  // Dilated windows that are padded may see no pixel, which callers refuse.
  const padding = both((i) => dilation[i] > 1 ? 0 : Math.min(margin[i], kernel[i] >> 1));
  const size = both((i) => Math.max(1, reach[i] - padding[i]) + room[i]);
  return { shape: [images, channels, ...size], kernel, geometry: { stride, padding, dilation } };
});

/** Windows of a kernel side by side. */
function tiled(kernel: readonly [number, number]): Geometry {
  return { stride: kernel, padding: [0, 0], dilation: [1, 1] };
}

/** Few different numbers, so that maxima are equal, and the ones that are hard to compare. */
const HARD = [0, 1, 2, -1, -2, -0, NaN, Infinity, -Infinity, 1e-40, -1e-40, 3e38];

function hardPixels(size: number, seed: number): HostArray {
  return digits([size], seed, HARD.length, "float32").buffer.map((i) => HARD[i]) as HostArray;
}

await gpuTest(
  "webgpu: pools of any windows choose, fetch and send back as js does",
  async (gpu) => {
    await fc.assert(
      fc.asyncProperty(
        somePool,
        fc.nat(),
        (options, seed) => checkPool(gpu, options, hardPixels(sizeOf(options.shape), seed)),
      ),
      { seed: 1, numRuns: 40 },
    );
  },
);

await gpuTest(
  "webgpu: windows that tile the image choose, fetch and send back as js does",
  async (gpu) => {
    for (const kernel of [[2, 2], [3, 2], [1, 4], [4, 3]] as const) {
      for (const columns of [4, 8, 20]) {
        const shape = [2, 3, 5 * kernel[0], columns * kernel[1]] as const;
        const options = { shape, kernel, geometry: tiled(kernel) };
        await checkPool(gpu, options, hardPixels(sizeOf(shape), columns));
      }
    }
  },
);

await gpuTest("webgpu: pixels that no window reaches get nothing", async (gpu) => {
  for (const size of [[5, 8], [4, 9], [5, 17]] as const) {
    const shape = [2, 2, ...size] as const;
    const options: Pool = { shape, kernel: [2, 2], geometry: tiled([2, 2]) };
    await checkPool(gpu, options, hardPixels(sizeOf(shape), 5));
  }
});

await gpuTest("webgpu: a window that sees padding only chooses −1", async (gpu) => {
  const x = placed(gpu, operand([1, 1, 1, 2], [5, 6], "float32"));
  const geometry: Geometry = { stride: [1, 1], padding: [1, 0], dilation: [1, 1] };
  const index = poolKernels(gpu).argmaxPool(x, [1, 2], geometry, [1, 1, 3, 1]);
  deepEqual(await numbersOf(gpu, index, [3], "int32"), [-1, 1, -1]);
});

await gpuTest("webgpu: the first NaN is the maximum, whatever its sign and bits", async (gpu) => {
  const [quiet, negative, other] = [0x7fc00000, 0xffc00000, 0x7fc12345];
  const bits = Uint32Array.of(0x7f800000, negative, other, quiet, quiet, other, 0, negative);
  const buffer = gpu.write(new Int32Array(bits.buffer));
  const pixels = { shape: [1, 1, 1, 8], dtype: "float32" as const, buffer };
  const { argmaxPool } = poolKernels(gpu);
  const ofPairs = argmaxPool(pixels, [1, 2], tiled([1, 2]), [1, 1, 1, 4]);
  deepEqual(await numbersOf(gpu, ofPairs, [4], "int32"), [1, 2, 4, 7]);
  const ofAll = argmaxPool(pixels, [1, 8], tiled([1, 8]), [1, 1, 1, 1]);
  deepEqual(await numbersOf(gpu, ofAll, [1], "int32"), [1]);
});

await gpuTest("webgpu: pools choose among integers", async (gpu) => {
  for (const size of [[4, 8], [5, 7]] as const) {
    const shape = [1, 2, ...size];
    const x = digits(shape, 3, 9, "int32");
    x.buffer.set(x.buffer.map((value) => (value - 4) * 2 ** 28));
    const counts = windowOutput("pool", size, [2, 2], tiled([2, 2]));
    const out = [1, 2, ...counts];
    const index = poolKernels(gpu).argmaxPool(placed(gpu, x), [2, 2], tiled([2, 2]), out);
    const wanted = argmaxPool(x, [2, 2], tiled([2, 2]), out);
    deepEqual(await numbersOf(gpu, index, out, "int32"), Array.from(wanted));
  }
});

await gpuTest("webgpu: the choice of windows serves other tensors and shapes too", async (gpu) => {
  const kernels = gpuKernels(gpu);
  const x = placed(gpu, normal([1, 6, 2, 8], 1, "float32"));
  const buffer = kernels.argmaxPool(x, [2, 2], tiled([2, 2]), [1, 6, 1, 4]);
  equal(buffer.windows !== undefined, true);
  const chosen = operand([24], await numbersOf(gpu, buffer, [24], "int32"), "int32");
  const cases: { shape: Shape; axis: number; to: Shape }[] = [
    { shape: [1, 6, 4], axis: 2, to: [1, 6, 30] },
    { shape: [1, 1, 24], axis: 2, to: [1, 1, 16] },
    { shape: [1, 24, 1], axis: 1, to: [1, 16, 1] },
    { shape: [24], axis: 0, to: [16] },
  ];
  for (const { shape, axis, to } of cases) {
    const g = normal(shape, 2, "float32");
    const index = { shape, dtype: "int32" as const, buffer };
    const found = kernels.scatterAdd(placed(gpu, g), index, axis, to);
    const wanted = scatterAdd(g, { ...chosen, shape }, axis, to);
    deepEqual(await numbersOf(gpu, found, to), Array.from(wanted));
  }
});
