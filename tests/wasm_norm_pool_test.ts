import { deepEqual, equal, ok } from "node:assert/strict";
import type { DType, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { normalNumbers, randomKey } from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import { batchNormKernels } from "../tensor/wasm/batch_norm/kernels.ts";
import type { Layout, WasmBuffer } from "../tensor/wasm/buffer.ts";
import type { Machine } from "../tensor/wasm/machine.ts";
import { fc } from "./fast_check.ts";
import { type HostOperand, numbersOf, placed, testMachine, testMachines } from "./wasm_operands.ts";

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
  equal(machine.heap.statistics().blocks, 0);
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
    fc.assert(fc.property(
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
    ));
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
