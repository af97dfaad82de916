import { deepEqual, equal, ok, throws } from "node:assert/strict";
import type { DType, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Layout } from "../tensor/wasm/buffer.ts";
import { indexingKernels } from "../tensor/wasm/indexing.ts";
import type { Machine } from "../tensor/wasm/machine.ts";
import { reductionKernels } from "../tensor/wasm/reduction/kernels.ts";
import { fc } from "./fast_check.ts";
import {
  checkAllFreed,
  type HostOperand,
  numbersOf,
  placed,
  testMachine,
  testMachines,
} from "./wasm_operands.ts";

const js = jsDevice.kernels as Kernels<HostArray>;

/** Sums on the machine and in float64; compares, and returns the layout of the result. */
function checkSum(
  machine: Machine,
  x: HostOperand,
  shape: Shape,
  layout: Layout,
  tolerance = 0,
): Layout {
  const exact = { ...x, dtype: "float64" as const, buffer: Float64Array.from(x.buffer) };
  const wanted = js.sumTo(exact, shape);
  const operand = placed(machine, x, layout);
  const found = reductionKernels(machine).sumTo(operand, shape);
  const numbers = numbersOf(machine, found, shape, x.dtype);
  machine.free(operand.buffer);
  machine.free(found);
  checkAllFreed(machine);
  equal(numbers.length, wanted.length);
  const largest = Array.from(wanted).reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  numbers.forEach((sum, i) => {
    ok(Math.abs(sum - wanted[i]) <= tolerance * largest, `at ${i}: ${sum}, wanted ${wanted[i]}`);
  });
  return found.layout;
}

/** Numbers between −0.5 and 0.5 that look random. */
function scattered(shape: Shape, dtype: DType = "float32", offset = 0): HostOperand {
  const numbers = Array.from(
    { length: sizeOf(shape) },
    (_, i) => (i * 7919 % 1009) / 1009 - 0.5 + offset,
  );
  const buffer = dtype === "int32"
    ? Int32Array.from(numbers, (x) => Math.round(100 * x))
    : Float32Array.from(numbers);
  return { shape, dtype, buffer };
}

const FIXED = { seed: 1 };

const length = fc.integer({ min: 0, max: 9 });

const someReduction = fc.array(length, { minLength: 1, maxLength: 6 }).chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.tuple(...shape.map(() => fc.boolean())),
    fc.nat({ max: shape.length }),
    fc.boolean(),
  )
).map(([shape, summed, missing, asImages]) => ({
  shape,
  to: shape.map((length, axis) => summed[axis] ? 1 : length).slice(missing),
  layout: (asImages && shape.length > 1 ? "channelsLast" : "rowMajor") as Layout,
}));

for (const [name, machine] of testMachines()) {
  Deno.test(`wasm (${name}): sums over any axes are those of js`, () => {
    fc.assert(
      fc.property(someReduction, fc.constantFrom<DType>("float32", "int32"), (some, dtype) => {
        const { shape, to, layout } = some;
        const x = scattered(shape, dtype);
        // Whole numbers, whose sums are exact in any order.
        x.buffer.forEach((number, i) => x.buffer[i] = Math.round(100 * number));
        checkSum(machine, x, to, dtype === "int32" ? "rowMajor" : layout, 0);
      }),
      { ...FIXED, numRuns: 200 },
    );
  });

  Deno.test(`wasm (${name}): long sums are exact but for a few roundings`, () => {
    const longs: [Shape, Shape, Layout][] = [
      [[100003], [], "rowMajor"],
      [[2, 50001], [2, 1], "rowMajor"],
      [[30000, 3], [3], "rowMajor"],
      [[30001, 3], [1, 3], "rowMajor"],
      [[3000, 37], [1, 37], "rowMajor"],
      [[20, 2100], [2100], "rowMajor"],
      [[2, 5, 120, 91], [1, 5, 1, 1], "channelsLast"],
      [[2, 5, 120, 91], [2, 5, 1, 1], "channelsLast"],
      [[2, 1, 120, 91], [], "channelsLast"],
      [[2, 20, 8, 8, 8, 8], [2, 20, 8, 1, 8, 1], "channelsLast"],
    ];
    for (const [shape, to, layout] of longs) {
      // Here numbers cancel each other, and roundings do not.
      checkSum(machine, scattered(shape), to, layout, 5e-6);
      checkSum(machine, scattered(shape, "float32", 10), to, layout, 1e-6);
    }
  });

  Deno.test(`wasm (${name}): what is left of images stays in the layout of images`, () => {
    const layoutOf = (from: Shape, to: Shape) =>
      checkSum(machine, scattered(from), to, "channelsLast", 1e-6);
    equal(layoutOf([2, 6, 8, 8], [1, 6, 8, 8]), "channelsLast");
    equal(layoutOf([2, 6, 2, 4, 2, 4], [2, 6, 2, 1, 2, 1]), "channelsLast");
    equal(layoutOf([2, 6, 8, 8], [2, 6, 1, 1]), "rowMajor");
    equal(layoutOf([2, 8, 8, 8], [1, 8, 1, 1]), "rowMajor");
    equal(layoutOf([2, 6, 8, 8], [6, 1, 1]), "rowMajor");
    equal(layoutOf([2, 6, 8, 8], [2, 1, 8, 8]), "rowMajor");
  });

  Deno.test(`wasm (${name}): argmax is the first maximum, and NaN is largest`, () => {
    const pixel = fc.constantFrom(0, -0, 1, 2, NaN, Infinity, -Infinity);
    const check = (rows: number, length: number, dtype: DType, values: readonly number[]) => {
      const buffer = dtype === "int32" ? Int32Array.from(values) : Float32Array.from(values);
      const x: HostOperand = { shape: [rows, length], dtype, buffer };
      const operand = placed(machine, x);
      const found = reductionKernels(machine).argmax(operand);
      const positions = numbersOf(machine, found, [rows], "int32");
      machine.free(operand.buffer);
      machine.free(found);
      deepEqual(positions, Array.from(js.argmax(x)));
    };
    fc.assert(
      fc.property(
        fc.tuple(length, fc.integer({ min: 0, max: 35 })).chain(([rows, length]) =>
          fc.tuple(
            fc.constant([rows, length]),
            fc.array(pixel, { minLength: rows * length, maxLength: rows * length, size: "max" }),
          )
        ),
        fc.constantFrom<DType>("float32", "int32"),
        ([[rows, length], values], dtype) => check(rows, length, dtype, values),
      ),
      FIXED,
    );
    checkAllFreed(machine);
  });

  Deno.test(`wasm (${name}): gather, and scatterAdd, its transpose, are what js makes of them`, () => {
    const some = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }).chain(
      (shape) => fc.tuple(fc.constant(shape), fc.nat({ max: shape.length - 1 }), length, fc.nat()),
    );
    fc.assert(
      fc.property(
        some,
        fc.constantFrom<DType>("float32", "int32"),
        fc.boolean(),
        ([shape, axis, chosen, seed], dtype, asImages) => {
          const indexShape = shape.with(axis, chosen);
          const index: HostOperand = {
            shape: indexShape,
            dtype: "int32",
            buffer: Int32Array.from(
              { length: sizeOf(indexShape) },
              (_, i) => (i * 31 + seed) % 97 % shape[axis],
            ),
          };
          const x = scattered(shape, dtype);
          const g = scattered(indexShape, dtype);
          const layout = asImages && shape.length > 1 && dtype === "float32"
            ? "channelsLast"
            : "rowMajor";
          const kernels = indexingKernels(machine);
          const operands = [
            placed(machine, x, layout),
            placed(machine, g, layout),
            placed(machine, index),
          ];
          const gathered = kernels.gather(operands[0], operands[2], axis);
          const added = kernels.scatterAdd(operands[1], operands[2], axis, shape);
          deepEqual(
            numbersOf(machine, gathered, indexShape, dtype),
            Array.from(js.gather(x, index, axis)),
          );
          deepEqual(
            numbersOf(machine, added, shape, dtype),
            Array.from(js.scatterAdd(g, index, axis, shape)),
          );
          for (const buffer of [gathered, added, ...operands.map(({ buffer }) => buffer)]) {
            machine.free(buffer);
          }
          checkAllFreed(machine);
        },
      ),
      FIXED,
    );
  });

  Deno.test(`wasm (${name}): an index outside of the tensor is refused as on js`, () => {
    const kernels = indexingKernels(machine);
    for (const wrong of [-1, 3, 2 ** 31 - 1, -(2 ** 31)]) {
      const index: HostOperand = {
        shape: [2, 2],
        dtype: "int32",
        buffer: Int32Array.of(0, 2, wrong, 77),
      };
      const x = scattered([2, 3]);
      const g = scattered([2, 2]);
      const [onX, onG, onIndex] = [x, g, index].map((operand) => placed(machine, operand));
      for (
        const [run, runJs] of [
          [() => kernels.gather(onX, onIndex, 1), () => js.gather(x, index, 1)],
          [
            () => kernels.scatterAdd(onG, onIndex, 1, [2, 3]),
            () => js.scatterAdd(g, index, 1, [2, 3]),
          ],
        ]
      ) {
        throws(runJs, RangeError);
        throws(run, messageOf(runJs));
      }
      for (const { buffer } of [onX, onG, onIndex]) machine.free(buffer);
      checkAllFreed(machine);
    }
  });
}

function messageOf(run: () => unknown): { name: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof RangeError) return { name: error.name, message: error.message };
  }
  throw new Error("expected a RangeError");
}

Deno.test("wasm: a sum of a million numbers is within 2e-6 of itself, whatever they are", () => {
  const machine = testMachine({ wide: false });
  for (const number of [0.1, 0.3, 1 / 3, 1e-3]) {
    const x = scattered([1000, 1000]);
    x.buffer.fill(number);
    for (const shape of [[], [1000, 1], [1000]]) {
      checkSum(machine, x, shape, "rowMajor", 2e-6);
    }
  }
});

Deno.test("wasm: sums are the same to the last bit on one thread and on two", () => {
  const sums = [1, 2].map((threads) => {
    const machine = testMachine({ wide: false, threads });
    const x = placed(machine, scattered([3, 20, 60, 70]), "channelsLast");
    const found = [[], [1, 20, 1, 1], [3, 20, 1, 1]].map((shape) =>
      numbersOf(machine, reductionKernels(machine).sumTo(x, shape), shape)
    );
    machine.team.stop();
    return found;
  });
  deepEqual(sums[0], sums[1]);
});
