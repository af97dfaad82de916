import { deepEqual, equal, ok } from "node:assert/strict";
import type { DType, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { normalNumbers, randomKey } from "../tensor/random.ts";
import { type Geometry, type Shape, sizeOf, windowOutput } from "../tensor/shape.ts";
import { batchNormKernels } from "../tensor/wasm/batch_norm/kernels.ts";
import type { Layout, WasmBuffer } from "../tensor/wasm/buffer.ts";
import { inLayout } from "../tensor/wasm/layout.ts";
import type { Machine } from "../tensor/wasm/machine.ts";
import { indexingKernels } from "../tensor/wasm/indexing.ts";
import { movementKernels } from "../tensor/wasm/movement/kernels.ts";
import { poolKernels } from "../tensor/wasm/pool/kernels.ts";
import { fc } from "./fast_check.ts";
import {
  checkAllFreed,
  type HostOperand,
  numbersOf,
  placed,
  testMachine,
  testMachines,
} from "./wasm_operands.ts";

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
const FIXED = { seed: 1 };

/** Normal numbers about an offset. */
function random(seed: number, shape: Shape, offset = 0): HostOperand {
  const numbers = normalNumbers(randomKey(seed), sizeOf(shape));
  return { shape, dtype: "float32", buffer: Float32Array.from(numbers, (x) => x + offset) };
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

function normalizeOn(
  machine: Machine,
  hasRelu: boolean,
  host: readonly HostOperand[],
  layout: Layout,
): { numbers: number[][]; layouts: Layout[] } {
  const operands = host.map((x) => placed(machine, x, x.shape.length > 1 ? layout : "rowMajor"));
  const found = normalize<WasmBuffer>(batchNormKernels(machine), hasRelu, operands);
  const numbers = found.map(([buffer, shape]) => numbersOf(machine, buffer, shape));
  for (const { buffer } of operands) machine.free(buffer);
  for (const [buffer] of found) machine.free(buffer);
  checkAllFreed(machine);
  return { numbers, layouts: found.map(([{ layout }]) => layout) };
}

/** Numbers whose ReLU is certain in spite of rounding: none is nearly 0 before it. */
function isDecided({ output }: { output: HostArray }): boolean {
  return output.every((x) => Math.abs(x) > 1e-4);
}

function checkClose(found: readonly number[], wanted: ArrayLike<number>, tolerance = 1e-5): void {
  equal(found.length, wanted.length);
  const numbers = Array.from(wanted);
  const largest = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  found.forEach((x, i) => {
    ok(Math.abs(x - numbers[i]) <= tolerance * largest, `at ${i}: ${x}, wanted ${numbers[i]}`);
  });
}

const length = fc.integer({ min: 1, max: 9 });
const layout = fc.constantFrom<Layout>("rowMajor", "channelsLast");

for (const [name, machine] of testMachines()) {
  Deno.test(`wasm (${name}): batch norm, its ReLU and their gradients are what js makes of them`, () => {
    fc.assert(
      fc.property(
        fc.array(length, { minLength: 2, maxLength: 5 }),
        layout,
        fc.boolean(),
        fc.nat(),
        (shape, layout, hasRelu, seed) => {
          const channels = [shape[1]];
          const host = [
            random(seed, shape, 0.5),
            random(seed + 1, channels),
            random(seed + 2, channels),
            random(seed + 3, shape),
          ];
          const js = jsDevice.kernels as Kernels<HostArray>;
          fc.pre(!hasRelu || isDecided(js.batchNorm(host[0], host[1], host[2], EPSILON)));
          const wanted = normalize<HostArray>(js, hasRelu, host);
          const { numbers } = normalizeOn(machine, hasRelu, host, layout);
          // A channel of few and equal numbers is divided by √ε: its gradients are large.
          numbers.forEach((found, i) => checkClose(found, wanted[i][0], 2e-5));
        },
      ),
      FIXED,
    );
  });

  Deno.test(`wasm (${name}): batch norm of many pixels agrees with float64`, () => {
    for (const shape of [[2, 37, 25, 25], [3, 4, 500], [2100, 12], [2, 300, 7, 9]]) {
      const host = [
        random(1, shape, 3),
        random(2, [shape[1]]),
        random(3, [shape[1]]),
        random(4, shape),
      ];
      const exact = host.map((x) => ({
        ...x,
        dtype: "float64" as const,
        buffer: Float64Array.from(x.buffer),
      }));
      const wanted = normalize<HostArray>(jsDevice.kernels as Kernels<HostArray>, false, exact);
      const { numbers } = normalizeOn(machine, false, host, "channelsLast");
      numbers.forEach((found, i) => checkClose(found, wanted[i][0], 3e-6));
    }
  });

  Deno.test(`wasm (${name}): a mean much larger than the deviation costs no precision`, () => {
    const shape = [2, 5, 40, 40];
    const x = random(1, shape, 1000);
    const weight = random(2, [5]);
    const wanted = (jsDevice.kernels as Kernels<HostArray>).batchNorm(x, weight, weight, EPSILON);
    const { numbers: [, mean, variance] } = normalizeOn(
      machine,
      false,
      [x, weight, weight, x],
      "channelsLast",
    );
    const ulp = 2 ** -14;
    mean.forEach((found, c) => ok(Math.abs(found - wanted.mean[c]) <= ulp));
    checkClose(variance, wanted.variance, 2e-6);
  });

  Deno.test(`wasm (${name}): a constant channel has no variance`, () => {
    const x = random(1, [2, 3, 7, 9]);
    x.buffer.fill(0.1);
    const weight = random(2, [3]);
    const { numbers: [output, mean, variance] } = normalizeOn(
      machine,
      false,
      [x, weight, weight, x],
      "rowMajor",
    );
    deepEqual(variance.map((v) => v >= 0 && v < 1e-15), [true, true, true]);
    deepEqual(mean, Array(3).fill(Math.fround(0.1)));
    ok(output.every(Number.isFinite));
  });

  Deno.test(`wasm (${name}): the gradient goes where the ReLU's output is positive, to the last bit`, () => {
    const shape = [2, 6, 25, 25];
    const x = random(1, shape);
    const weight = random(2, [6]);
    const g = random(4, shape);
    const bias = random(3, [6]);
    const machineResults = (hasRelu: boolean, g: HostOperand) =>
      normalizeOn(machine, hasRelu, [x, weight, bias, g], "channelsLast").numbers;
    const [output, , , gx] = machineResults(true, g);
    const masked = { ...g, buffer: g.buffer.map((g, i) => output[i] > 0 ? g : 0) as HostArray };
    deepEqual(gx, machineResults(false, masked)[3]);
  });

  Deno.test(`wasm (${name}): batch norm keeps the layout, and images get the one of convolutions`, () => {
    const layouts = (shape: Shape, layout: Layout) => {
      const host = [shape, [shape[1]], [shape[1]], shape].map((shape, i) => random(i, shape));
      return normalizeOn(machine, true, host, layout).layouts;
    };
    const perChannel = ["rowMajor", "rowMajor"] as const;
    const all = (layout: Layout) => [layout, ...perChannel, layout, ...perChannel];
    deepEqual(layouts([2, 3, 4, 5], "channelsLast"), all("channelsLast"));
    deepEqual(layouts([2, 3, 4, 5], "rowMajor"), all("channelsLast"));
    deepEqual(layouts([7, 8], "rowMajor"), all("rowMajor"));
  });
}

/** A pool over images [N,C,H,W]. */
interface Pool {
  readonly shape: readonly [number, number, number, number];
  readonly kernel: readonly [number, number];
  readonly geometry: Geometry;
}

type PoolKernels<B> = Pick<Kernels<B>, "argmaxPool" | "gather" | "scatterAdd" | "reshape">;

/** The positions of the maxima, what is there, and g sent back to there. */
function pool<B>(
  kernels: PoolKernels<B>,
  { shape: [N, C, H, W], kernel, geometry }: Pool,
  x: Operand<B>,
  g: Operand<B>,
): { index: B; maxima: B; sent: B } {
  const [, , rows, columns] = g.shape;
  const index = kernels.argmaxPool(x, kernel, geometry, g.shape);
  const flat = [N, C, rows * columns];
  const chosen: Operand<B> = { shape: flat, dtype: "int32", buffer: index };
  const planes = { ...x, shape: [N, C, H * W], buffer: kernels.reshape(x, [N, C, H * W]) };
  const gradients = { ...g, shape: flat, buffer: kernels.reshape(g, flat) };
  return {
    index,
    maxima: kernels.gather(planes, chosen, 2),
    sent: kernels.scatterAdd(gradients, chosen, 2, planes.shape),
  };
}

function checkPool(machine: Machine, options: Pool, numbers: readonly number[], layout: Layout) {
  const { shape, kernel, geometry } = options;
  const [N, C, H, W] = shape;
  const counts = windowOutput("pool", [H, W], kernel, geometry);
  const x: HostOperand = { shape, dtype: "float32", buffer: Float32Array.from(numbers) };
  const g = random(1, [N, C, ...counts]);
  const wanted = pool(jsDevice.kernels as Kernels<HostArray>, options, x, g);
  const kernels = {
    ...poolKernels(machine),
    ...indexingKernels(machine),
    ...movementKernels(machine),
  };
  const operands = [placed(machine, x, layout), placed(machine, g, layout)];
  const found = pool(kernels, options, operands[0], operands[1]);
  const indexOperand = { shape: g.shape, dtype: "int32" as const, buffer: found.index };
  const { buffer: index, isTemporary } = inLayout(machine, indexOperand, "rowMajor");
  deepEqual(numbersOf(machine, index, g.shape, "int32"), Array.from(wanted.index));
  if (isTemporary) machine.free(index);
  const flat = [N, C, counts[0] * counts[1]];
  deepEqual(numbersOf(machine, found.maxima, flat), Array.from(wanted.maxima));
  deepEqual(numbersOf(machine, found.sent, [N, C, H * W]), Array.from(wanted.sent));
  for (const buffer of Object.values(found)) machine.free(buffer);
  for (const { buffer } of operands) machine.free(buffer);
  checkAllFreed(machine);
  return found;
}

const along = (most: number) =>
  fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }));

const somePool = fc.record({
  kernel: along(4),
  stride: along(4),
  dilation: along(2),
  margin: fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })),
  images: along(3),
  channels: fc.integer({ min: 1, max: 19 }),
  room: fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })),
}).map(({ kernel, stride, dilation, margin, images, channels, room }): Pool => {
  const both = <T>(compute: (i: 0 | 1) => T): [T, T] => [compute(0), compute(1)];
  const reach = both((i) => dilation[i] * (kernel[i] - 1) + 1);
  // Dilated windows that are padded may see no pixel, which callers refuse.
  const padding = both((i) => dilation[i] > 1 ? 0 : Math.min(margin[i], kernel[i] >> 1));
  const size = both((i) => Math.max(1, reach[i] - padding[i]) + room[i]);
  return {
    shape: [images[0], channels, ...size],
    kernel,
    geometry: { stride, padding, dilation },
  };
});

/** Few different numbers, so that maxima are equal, and the ones that are hard to compare. */
const somePixel = fc.constantFrom(0, 1, 2, 3, -1, -0, NaN, Infinity, -Infinity);

const TILES: Geometry = { stride: [2, 2], padding: [0, 0], dilation: [1, 1] };

for (const [name, machine] of testMachines()) {
  Deno.test(`wasm (${name}): pools of any windows choose, fetch and send back as js does`, () => {
    fc.assert(
      fc.property(
        somePool.chain((options) => {
          const size = sizeOf(options.shape);
          const pixels = fc.array(somePixel, { minLength: size, maxLength: size });
          return fc.tuple(fc.constant(options), pixels, layout);
        }),
        ([options, pixels, layout]) => void checkPool(machine, options, pixels, layout),
      ),
      FIXED,
    );
  });

  Deno.test(`wasm (${name}): pools whose windows tile the image choose, fetch and send back as js does`, () => {
    for (const channels of [1, 4, 16, 23]) {
      for (const kernel of [[2, 2], [3, 2], [1, 4], [5, 4]] as const) {
        const options: Pool = {
          shape: [2, channels, 11, 10],
          kernel,
          geometry: { ...TILES, stride: kernel },
        };
        const [pixels] = fc.sample(
          fc.array(somePixel, {
            minLength: 220 * channels,
            maxLength: 220 * channels,
            size: "max",
          }),
          { numRuns: 1, seed: channels },
        );
        checkPool(machine, options, pixels, "channelsLast");
      }
    }
  });

  Deno.test(`wasm (${name}): places are bytes, unless a window has more than a byte can tell`, () => {
    const layoutOf = (size: number) => {
      const x = random(1, [1, 3, 20, 20]);
      const kernel = [size, size] as const;
      const options: Pool = { shape: [1, 3, 20, 20], kernel, geometry: TILES };
      return checkPool(machine, options, Array.from(x.buffer), "channelsLast").index.layout;
    };
    equal(layoutOf(16), "windowPlaces");
    equal(layoutOf(17), "rowMajor");
  });

  Deno.test(`wasm (${name}): an index of places serves other tensors too`, () => {
    const kernels = { ...poolKernels(machine), ...indexingKernels(machine) };
    const js = jsDevice.kernels as Kernels<HostArray>;
    const x = random(1, [2, 3, 4, 6]);
    const longer = random(2, [2, 3, 30]);
    const shape = [2, 3, 2, 3];
    const host = js.argmaxPool(x, [2, 2], TILES, shape);
    const wanted = js.gather(longer, { shape: [2, 3, 6], dtype: "int32", buffer: host }, 2);
    const operands = [placed(machine, x), placed(machine, longer, "channelsLast")];
    const buffer = kernels.argmaxPool(operands[0], [2, 2], TILES, shape);
    const found = kernels.gather(operands[1], { shape: [2, 3, 6], dtype: "int32", buffer }, 2);
    deepEqual(numbersOf(machine, found, [2, 3, 6]), Array.from(wanted));
    for (const used of [buffer, found, ...operands.map(({ buffer }) => buffer)]) machine.free(used);
  });
}

Deno.test("wasm: batch norm is the same to the last bit on one thread and on two", () => {
  const shape = [2, 20, 45, 45];
  const host = [shape, [20], [20], shape].map((shape, i) => random(i, shape));
  const [one, two] = [1, 2].map((threads) => {
    const machine = testMachine({ wide: false, threads });
    const { numbers } = normalizeOn(machine, true, host, "channelsLast");
    machine.team.stop();
    return numbers;
  });
  deepEqual(one, two);
});
