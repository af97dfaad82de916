import { deepEqual, equal, ok } from "node:assert/strict";
import type { Layout, WasmBuffer } from "../tensor/wasm/buffer.ts";
import type { DType, HostArray, Kernels } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { toLayout } from "../tensor/wasm/layout.ts";
import type { Machine } from "../tensor/wasm/machine.ts";
import { movementKernels } from "../tensor/wasm/movement/kernels.ts";
import type { Shape } from "../tensor/shape.ts";
import { fc } from "./fast_check.ts";
import {
  checkAllFreed,
  counted,
  numbersOf,
  placed,
  testMachine,
  testMachines,
} from "./wasm_operands.ts";

type Movement = Pick<
  Kernels<unknown>,
  "reshape" | "permute" | "broadcastTo" | "slice" | "pad" | "cat"
>;

/** A tensor to be moved, and how it lies in the machine's memory. */
interface Case {
  readonly shape: Shape;
  readonly layout: Layout;
  readonly dtype: DType;
}

/** Moves tensors on the machine and on js, and compares; returns the layout of the result. */
function compare(
  machine: Machine,
  cases: readonly Case[],
  shape: Shape,
  move: <B>(
    kernels: Pick<Kernels<B>, keyof Movement>,
    xs: { shape: Shape; dtype: DType; buffer: B }[],
  ) => B,
): Layout {
  const host = cases.map(({ shape, dtype }) => counted(shape, dtype));
  const wanted = move<HostArray>(jsDevice.kernels as Kernels<HostArray>, host);
  const operands = host.map((x, i) => placed(machine, x, cases[i].layout));
  const found = move<WasmBuffer>(movementKernels(machine), operands);
  deepEqual(numbersOf(machine, found, shape, cases[0].dtype), Array.from(wanted));
  const { layout } = found;
  for (const { buffer } of operands) if (buffer !== found) machine.free(buffer);
  machine.free(found);
  checkAllFreed(machine);
  return layout;
}

const FIXED = { seed: 1 };

const length = fc.integer({ min: 0, max: 9 });
const someShape = fc.array(length, { minLength: 1, maxLength: 5 });
const someCase = someShape.chain((shape) =>
  fc.constantFrom<Pick<Case, "layout" | "dtype">>(
    { layout: "rowMajor", dtype: "float32" },
    { layout: shape.length >= 2 ? "channelsLast" : "rowMajor", dtype: "float32" },
    { layout: "rowMajor", dtype: "int32" },
  ).map((rest): Case => ({ shape, ...rest }))
);

const images = (shape: Shape): Case => ({ shape, layout: "channelsLast", dtype: "float32" });
const plain = (shape: Shape): Case => ({ shape, layout: "rowMajor", dtype: "float32" });

for (const [name, machine] of testMachines()) {
  Deno.test(`wasm (${name}): a tensor laid out channels last and back is the same`, () => {
    const check = (shape: Shape) => {
      const x = counted(shape);
      const rows = placed(machine, x);
      const pixels = toLayout(machine, rows, "channelsLast");
      deepEqual(numbersOf(machine, pixels, shape), Array.from(x.buffer));
      const back = toLayout(machine, { ...rows, buffer: pixels }, "rowMajor");
      deepEqual(numbersOf(machine, back, shape), Array.from(x.buffer));
      for (const buffer of [rows.buffer, pixels, back]) machine.free(buffer);
    };
    fc.assert(fc.property(fc.array(length, { minLength: 2, maxLength: 5 }), check), FIXED);
    for (const shape of [[2, 131, 9, 11], [3, 4, 149], [1, 48, 96], [2, 1, 97]]) check(shape);
  });

  Deno.test(`wasm (${name}): reshape is free where the layout can stay`, () => {
    const kernels = movementKernels(machine);
    const isFree = ({ shape, layout, dtype }: Case, to: Shape) => {
      const x = placed(machine, counted(shape, dtype), layout);
      const found = kernels.reshape(x, to);
      deepEqual(numbersOf(machine, found, to), Array.from(counted(shape).buffer));
      machine.free(x.buffer);
      if (found !== x.buffer) machine.free(found);
      return found === x.buffer;
    };
    ok(isFree(plain([2, 3, 4]), [6, 4]));
    ok(isFree(images([2, 3, 4, 6]), [2, 3, 2, 2, 3, 2]));
    ok(isFree(images([2, 3, 4, 6]), [2, 3, 24]));
    ok(isFree(images([2, 3, 1, 1]), [2, 3]));
    ok(!isFree(images([2, 3, 4]), [6, 4]));
    ok(!isFree(images([2, 4, 1]), [8]));
  });

  Deno.test(`wasm (${name}): permute is what js makes of it`, () => {
    fc.assert(
      fc.property(
        someCase.chain((x) =>
          fc.tuple(
            fc.constant(x),
            fc.shuffledSubarray([...x.shape.keys()], { minLength: x.shape.length }),
          )
        ),
        ([x, axes]) => {
          const shape = axes.map((axis) => x.shape[axis]);
          compare(machine, [x], shape, (kernels, [x]) => kernels.permute(x, axes));
        },
      ),
      FIXED,
    );
    const many = [2, 3, 2, 3, 2, 3, 2];
    compare(
      machine,
      [plain(many)],
      many.toReversed(),
      (k, [x]) => k.permute(x, [6, 5, 4, 3, 2, 1, 0]),
    );
    compare(machine, [plain([101, 131])], [131, 101], (k, [x]) => k.permute(x, [1, 0]));
  });

  Deno.test(`wasm (${name}): broadcastTo is what js makes of it`, () => {
    fc.assert(
      fc.property(
        someShape.chain((shape) => {
          const repeats = fc.tuple(...shape.map(() => fc.boolean()));
          const missing = fc.integer({ min: 0, max: shape.length - 1 });
          return fc.tuple(fc.constant(shape), repeats, missing, fc.boolean());
        }),
        ([shape, repeats, missing, asPixels]) => {
          const from = shape.map((length, i) => repeats[i] ? 1 : length).slice(missing);
          const x = asPixels && from.length >= 2 ? images(from) : plain(from);
          compare(machine, [x], shape, (kernels, [x]) => kernels.broadcastTo(x, shape));
        },
      ),
      FIXED,
    );
    const shape = [2, 6, 5, 7];
    const broadcast = (x: Case) =>
      compare(machine, [x], shape, (kernels, [x]) => kernels.broadcastTo(x, shape));
    equal(broadcast(plain([1, 6, 1, 1])), "channelsLast");
    equal(broadcast(plain([2, 6, 1, 1])), "channelsLast");
    equal(broadcast(images([2, 6, 5, 1])), "channelsLast");
    equal(broadcast(plain([2, 1, 5, 7])), "rowMajor");
    equal(broadcast(plain([])), "rowMajor");
    compare(machine, [plain([1])], [20000], (kernels, [x]) => kernels.broadcastTo(x, [20000]));
  });

  Deno.test(`wasm (${name}): slice, and pad, its transpose, are what js makes of them`, () => {
    fc.assert(
      fc.property(
        someCase.chain((x) => {
          const ranges = x.shape.map((length) =>
            fc.tuple(fc.integer({ min: 0, max: length }), fc.integer({ min: 0, max: length }))
              .map(([a, b]) => [Math.min(a, b), Math.abs(a - b)])
          );
          return fc.tuple(fc.constant(x), fc.tuple(...ranges));
        }),
        ([x, ranges]) => {
          const start = ranges.map(([start]) => start);
          const shape = ranges.map(([, length]) => length);
          compare(machine, [x], shape, (kernels, [x]) => kernels.slice(x, start, shape));
          const part = { ...x, shape };
          compare(machine, [part], x.shape, (kernels, [part]) => kernels.pad(part, start, x.shape));
        },
      ),
      FIXED,
    );
    const slice = (start: number[], shape: number[]) =>
      compare(machine, [images([3, 10, 4, 5])], shape, (k, [x]) => k.slice(x, start, shape));
    equal(slice([1, 0, 1, 2], [2, 10, 2, 3]), "channelsLast");
    equal(slice([0, 4, 0, 0], [3, 4, 4, 5]), "channelsLast");
    equal(slice([0, 4, 0, 0], [3, 6, 4, 5]), "channelsLast");
    equal(slice([0, 4, 0, 0], [3, 5, 4, 5]), "rowMajor");
    const pad = (start: number[]) =>
      compare(
        machine,
        [images([1, 5, 2, 3])],
        [3, 14, 4, 5],
        (k, [x]) => k.pad(x, start, [3, 14, 4, 5]),
      );
    equal(pad([1, 8, 1, 2]), "channelsLast");
    equal(pad([1, 9, 1, 2]), "rowMajor");
  });

  Deno.test(`wasm (${name}): cat is what js makes of it`, () => {
    fc.assert(
      fc.property(
        someShape.chain((shape) =>
          fc.tuple(
            fc.constant(shape),
            fc.nat({ max: shape.length - 1 }),
            fc.array(fc.tuple(length, fc.boolean()), { minLength: 1, maxLength: 4 }),
          )
        ),
        ([shape, axis, parts]) => {
          const xs = parts.map(([length, asPixels]) =>
            (asPixels && shape.length >= 2 ? images : plain)(shape.with(axis, length))
          );
          const total = shape.with(axis, parts.reduce((sum, [length]) => sum + length, 0));
          compare(machine, xs, total, (kernels, xs) => kernels.cat(xs, axis, total));
        },
      ),
      FIXED,
    );
    const cat = (axis: number, shape: Shape, ...xs: Case[]) =>
      compare(machine, xs, shape, (kernels, xs) => kernels.cat(xs, axis, shape));
    equal(cat(1, [2, 13, 3, 3], images([2, 8, 3, 3]), images([2, 5, 3, 3])), "channelsLast");
    equal(cat(1, [2, 13, 3, 3], images([2, 5, 3, 3]), images([2, 8, 3, 3])), "rowMajor");
    equal(cat(0, [3, 5, 3, 3], images([2, 5, 3, 3]), plain([1, 5, 3, 3])), "channelsLast");
    equal(cat(0, [3, 5], plain([2, 5]), plain([1, 5])), "rowMajor");
  });
}

Deno.test("wasm: copies larger than a task are whole, on two threads too", () => {
  const machine = testMachine({ wide: false, threads: 2 });
  compare(machine, [plain([3, 70000])], [2, 70000], (k, [x]) => k.slice(x, [1, 0], [2, 70000]));
  compare(machine, [plain([150000])], [300001], (k, [x]) => k.pad(x, [150001], [300001]));
  compare(machine, [plain([300, 20, 50])], [50, 300, 20], (k, [x]) => k.permute(x, [2, 0, 1]));
  compare(
    machine,
    [images([2, 16, 64, 64])],
    [2, 16, 32, 64],
    (k, [x]) => k.slice(x, [0, 0, 32, 0], [2, 16, 32, 64]),
  );
  machine.team.stop();
});
