/**
 * Products on the wasm device against the js device in float64: convolutions by either way, matrices.
 */

import { deepEqual, equal, ok } from "node:assert/strict";
import type { Operand } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { foldIn, normalNumbers, randomKey } from "../tensor/random.ts";
import {
  broadcastShapes,
  type Geometry,
  type Shape,
  sizeOf,
  windowOutput,
} from "../tensor/shape.ts";
import { paddedChannels, type WasmBuffer, type WasmOperand } from "../tensor/wasm/buffer.ts";
import { toLayout, withLayout } from "../tensor/wasm/layout.ts";
import type { Machine } from "../tensor/wasm/machine.ts";
import { convolutionKernels } from "../tensor/wasm/products/conv2d.ts";
import { matmulKernels } from "../tensor/wasm/products/matmul.ts";
import type { Method, Plan } from "../tensor/wasm/products/plan.ts";
import { startMachine } from "../tensor/wasm/start.ts";
import { fc } from "./fast_check.ts";

const MACHINES: Readonly<Record<string, Machine>> = {
  "4×8 tiles": startMachine({ threads: 1, fused: false }),
  "6×16 tiles": startMachine({ threads: 1, fused: true }),
  "without fused multiplication and addition": startMachine({
    threads: 1,
    fused: false,
    deterministic: "strict",
  }),
};

type Numbers = Float64Array<ArrayBuffer>;

function draw(seed: number, shape: Shape): Numbers {
  return Float64Array.from(normalNumbers(foldIn(randomKey(7), seed), sizeOf(shape)), Math.fround);
}

function truth(numbers: Numbers, shape: Shape): Operand<Numbers> {
  return { shape, dtype: "float64", buffer: numbers };
}

function upload(machine: Machine, numbers: Numbers, shape: Shape): WasmOperand {
  const buffer = machine.allocate(shape);
  machine.floats(buffer).set(numbers);
  return { shape, dtype: "float32", buffer };
}

/** The numbers in row-major order; lanes that pad must be zeros. */
function download(machine: Machine, buffer: WasmBuffer, shape: Shape): Float32Array {
  if (buffer.layout === "channelsLast") {
    const lanes = paddedChannels(shape[1]);
    const stray = machine.floats(buffer).findIndex((x, i) => i % lanes >= shape[1] && x !== 0);
    equal(stray, -1, "a lane that pads is not zero");
  }
  return withLayout(
    machine,
    { shape, dtype: "float32", buffer },
    "rowMajor",
    (rowMajor) => Float32Array.from(machine.floats(rowMajor)),
  );
}

/** The largest error and its root mean square, both in root mean squares of the exact results. */
interface Error {
  readonly largest: number;
  readonly rms: number;
}

function errorOf(found: Float32Array, exact: ArrayLike<number>): Error {
  const values = Array.from(exact);
  equal(found.length, values.length);
  const rms = (xs: number[]) => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0) / xs.length);
  const scale = rms(values) || 1;
  const errors = values.map((x, i) => Math.abs(found[i] - x) / scale);
  const largest = errors.reduce((most, error) => most >= error ? most : error, 0);
  return { largest, rms: errors.length === 0 ? 0 : rms(errors) };
}

interface Case {
  readonly x: Shape;
  readonly weight: Shape;
  readonly geometry: Geometry;
}

/** All three faces, with the bias, on one machine: their errors and plans. */
function errorsOf(machine: Machine, { x, weight, geometry }: Case, channelsLast: boolean) {
  const plans: Plan[] = [];
  const kernels = convolutionKernels(machine, (plan) => plans.push(plan));
  const size = windowOutput("conv2d", [x[2], x[3]], [weight[2], weight[3]], geometry);
  const y = [x[0], weight[0], ...size];
  const [xs, ws, gs, bs] = [x, weight, y, [weight[0]]].map((shape, i) => draw(i, shape));
  const before = machine.heap.statistics().used;
  const rowMajor = [upload(machine, xs, x), upload(machine, gs, y)];
  const [a, g] = channelsLast
    ? rowMajor.map((operand) => ({
      ...operand,
      buffer: toLayout(machine, operand, "channelsLast"),
    }))
    : rowMajor;
  const [w, b] = [upload(machine, ws, weight), upload(machine, bs, [weight[0]])];
  const outs = [
    kernels.conv2d(a, w, geometry, y, b),
    kernels.conv2dInput(g, w, geometry, x),
    kernels.conv2dWeight(a, g, geometry, weight),
  ];
  const js = jsDevice.kernels;
  const exact = [
    js.conv2d(truth(xs, x), truth(ws, weight), geometry, y, truth(bs, [weight[0]])),
    js.conv2dInput(truth(gs, y), truth(ws, weight), geometry, x),
    js.conv2dWeight(truth(xs, x), truth(gs, y), geometry, weight),
  ];
  const errors = outs.map((out, i) => errorOf(download(machine, out, [y, x, weight][i]), exact[i]));
  const used = new Set([...rowMajor, a, g, w, b].map(({ buffer }) => buffer));
  for (const buffer of [...used, ...outs]) machine.free(buffer);
  equal(machine.heap.statistics().used, before, "something is not freed");
  return { errors, plans };
}

const small = (min: number, max: number) => fc.integer({ min, max });

const CASES = fc.record({
  batch: small(0, 3),
  ins: small(1, 13),
  outs: small(1, 19),
  height: small(1, 13),
  width: small(1, 13),
  rows: small(1, 4),
  columns: small(1, 4),
  down: small(1, 3),
  right: small(1, 3),
  padding: fc.tuple(small(0, 2), small(0, 2)),
  dilation: fc.tuple(small(1, 2), small(1, 2)),
  channelsLast: fc.boolean(),
});

for (const [name, machine] of Object.entries(MACHINES)) {
  Deno.test(`convolutions of any window agree with js, ${name}`, () => {
    fc.assert(
      fc.property(CASES, (c) => {
        const geometry = {
          stride: [c.down, c.right],
          padding: c.padding,
          dilation: c.dilation,
        } as const;
        const reach = [c.dilation[0] * (c.rows - 1) + 1, c.dilation[1] * (c.columns - 1) + 1];
        fc.pre(c.height + 2 * c.padding[0] >= reach[0] && c.width + 2 * c.padding[1] >= reach[1]);
        const x = [c.batch, c.ins, c.height, c.width];
        const weight = [c.outs, c.ins, c.rows, c.columns];
        const { errors } = errorsOf(machine, { x, weight, geometry }, c.channelsLast);
        ok(errors.every(({ largest }) => largest < 1e-5), JSON.stringify(errors));
      }),
      { numRuns: 60, seed: 1 },
    );
  });
}

/** 3×3 windows, as the networks have them: N, C, O and the side of the image. */
const NETWORK_SHAPES = [
  [2, 6, 16, 64],
  [2, 64, 128, 32],
  [2, 196, 32, 16],
  [3, 49, 32, 17],
  [2, 64, 128, 8],
  [10, 64, 128, 2],
];
const PADDED: Geometry = { stride: [1, 1], padding: [1, 1], dilation: [1, 1] };

/** What the doc comments of winograd/ and patches/ say of a machine that fuses a · b + c. */
const ERROR = { "winograd 4×4": 1.5e-6, "winograd 2×2": 5e-7, patches: 5e-7 };

for (const [N, C, O, side] of NETWORK_SHAPES) {
  Deno.test(`3×3 convolutions ${N}×${C}→${O} at ${side}² err as stated, with equal bits for both tiles`, () => {
    const shapes = { x: [N, C, side, side], weight: [O, C, 3, 3], geometry: PADDED };
    const [narrow, wide] = [MACHINES["4×8 tiles"], MACHINES["6×16 tiles"]]
      .map((machine) => errorsOf(machine, shapes, true));
    deepEqual(narrow, wide);
    narrow.errors.forEach(({ rms }, i) => {
      const { method } = narrow.plans[i];
      ok(rms < ERROR[method], `${rms} by ${method}`);
    });
  });
}

Deno.test("the plan follows from shapes: Winograd for 3×3, in small tiles for small maps, else patches", () => {
  const [machine] = Object.values(MACHINES);
  const methodOf = (x: Shape, weight: Shape, geometry: Geometry = PADDED) =>
    errorsOf(machine, { x, weight, geometry }, true).plans.map(({ method }) => method);
  const all = (method: Method) => [method, method, method];
  deepEqual(methodOf([2, 32, 16, 16], [32, 32, 3, 3]), all("winograd 4×4"));
  deepEqual(methodOf([10, 64, 2, 2], [128, 64, 3, 3]), all("winograd 2×2"));
  deepEqual(methodOf([1, 64, 2, 2], [64, 64, 3, 3]), all("patches"));
  deepEqual(methodOf([1, 32, 16, 16], [32, 32, 1, 1]), all("patches"));
  deepEqual(
    methodOf([1, 64, 16, 16], [64, 64, 3, 3], { ...PADDED, stride: [2, 2] }),
    ["patches", "winograd 4×4", "patches"],
  );
});

const THREE_BY_THREE = fc.record({
  batch: small(1, 12),
  ins: small(4, 40),
  outs: small(4, 40),
  height: small(2, 13),
  width: small(2, 13),
  padding: fc.tuple(small(1, 2), small(1, 2)),
  channelsLast: fc.boolean(),
});

for (const [name, machine] of Object.entries(MACHINES)) {
  Deno.test(`3×3 convolutions of maps of any size agree with js by each way, ${name}`, () => {
    const met = new Set<Method>();
    fc.assert(
      fc.property(THREE_BY_THREE, ({ batch, ins, outs, height, width, padding, channelsLast }) => {
        const shapes = { x: [batch, ins, height, width], weight: [outs, ins, 3, 3] };
        const geometry = { ...PADDED, padding };
        const { errors, plans } = errorsOf(machine, { ...shapes, geometry }, channelsLast);
        for (const { method } of plans) met.add(method);
        ok(errors.every(({ largest }) => largest < 2e-5), JSON.stringify(errors));
      }),
      { numRuns: 30, seed: 1 },
    );
    deepEqual([...met].sort(), ["patches", "winograd 2×2", "winograd 4×4"]);
  });
}

const MATRICES = fc.record({
  rows: small(0, 30),
  depth: small(0, 150),
  columns: small(0, 40),
  batch: fc.constantFrom(
    [[], []],
    [[2], [2]],
    [[], [3]],
    [[3], []],
    [[2, 1], [3]],
    [[2, 3], [2, 1]],
  ),
});

for (const [name, machine] of Object.entries(MACHINES)) {
  Deno.test(`matrix products agree with js, ${name}`, () => {
    fc.assert(
      fc.property(MATRICES, ({ rows, depth, columns, batch }) => {
        const [x, y] = [[...batch[0], rows, depth], [...batch[1], depth, columns]];
        const shape = [...broadcastShapes("matmul", batch[0], batch[1]), rows, columns];
        const [xs, ys] = [draw(1, x), draw(2, y)];
        const [a, b] = [upload(machine, xs, x), upload(machine, ys, y)];
        const out = matmulKernels(machine).matmul(a, b, shape);
        const exact = jsDevice.kernels.matmul(truth(xs, x), truth(ys, y), shape);
        const { largest } = errorOf(download(machine, out, shape), exact);
        for (const buffer of [a.buffer, b.buffer, out]) machine.free(buffer);
        ok(largest < 3e-6, `error ${largest}`);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
}
