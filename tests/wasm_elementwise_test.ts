/**
 * The elementwise kernels of `wasm` against those of `js`, in every layout and mode, in memory that is
 * full of NaN wherever no tensor lies.
 */

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import type { DType, HostArray, Kernels, Operand } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { normalNumbers, randomKey, randomWords } from "../tensor/random.ts";
import { broadcastShapes, type Shape, sizeOf } from "../tensor/shape.ts";
import type { Layout, WasmBuffer, WasmOperand } from "../tensor/wasm/buffer.ts";
import { CHUNK } from "../tensor/wasm/elementwise/flat.ts";
import { elementwiseKernels } from "../tensor/wasm/elementwise/mod.ts";
import { Machine } from "../tensor/wasm/machine.ts";
import { fc } from "./fast_check.ts";
import { broadcastPairs, type Host, operand, seeds } from "./host_operands.ts";
import { checkAllFreed, numbersOf, placed, testMachine } from "./wasm_operands.ts";

const js = jsDevice.kernels as Kernels<HostArray>;

const SMALL_PAGES = 4;
const LARGE_PAGES = 48;

const MODES = [
  { wide: true, relaxed: true },
  { wide: false, relaxed: false },
];

function machineOf(relaxed: boolean, options: Parameters<typeof testMachine>[0]): Machine {
  const { memory, heap, team, target } = testMachine(options);
  return new Machine(memory, heap, {
    team,
    target: { ...target, mode: { ...target.mode, relaxed } },
  });
}

const MACHINES = MODES.map(({ wide, relaxed }) => ({
  name: `${wide ? "wide" : "narrow"}, ${relaxed ? "relaxed" : "strict"}`,
  machine: machineOf(relaxed, { wide, pages: SMALL_PAGES }),
}));

const [{ machine: wideMachine }] = MACHINES;
const roomyMachines = [true, false].map((relaxed) => machineOf(relaxed, { wide: true, pages: 32 }));

/** With room for tensors of several tasks, and a worker. */
const largeMachine = testMachine({ wide: true, pages: LARGE_PAGES, threads: 2 });

/** Numbers that functions have rules of their own for. */
const SPECIAL = [
  ...[0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, Infinity, -Infinity, NaN],
  ...[2 ** -149, -(2 ** -149), 2 ** -130, 2 ** -126, 2 ** 127, -(2 ** 127), 3.4028234663852886e38],
  ...[88.72283, 88.72284, -87.33655, -103.97208, -103.97209, 104, -104, 1e-8, -1e-8, 1e30, -1e30],
  ...[1 - 2 ** -24, 1 + 2 ** -23, Math.SQRT1_2, Math.SQRT2, Math.PI, Math.PI / 2, 2 ** 24, 2 ** 25],
];

/** Every kind of float: any bits, ordinary numbers, special ones, and small whole ones. */
function anyFloats(size: number, seed: number): Float32Array {
  const words = randomWords(randomKey(seed), size);
  const bits = new Float32Array(words.buffer);
  const normal = normalNumbers(randomKey(seed + 1), size);
  const floats = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const kind = words[i] % 5;
    if (kind === 0) floats[i] = bits[i];
    else if (kind === 1) floats[i] = normal[i];
    else if (kind === 2) floats[i] = 10 * normal[i];
    else if (kind === 3) floats[i] = words[i] % 3 - 1;
    else floats[i] = SPECIAL[words[i] % SPECIAL.length];
  }
  return floats;
}

function anyNumbers(shape: Shape, seed: number, dtype: DType): Host {
  const size = sizeOf(shape);
  if (dtype === "float32") return operand(shape, anyFloats(size, seed), dtype);
  const words = randomWords(randomKey(seed), size);
  const special = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];
  return operand(
    shape,
    Int32Array.from(words, (word, i) => i % 2 === 0 ? word : special[word % special.length]),
    dtype,
  );
}

const place = new Int32Array(1);
const placeAsFloat = new Float32Array(place.buffer);

/** Where a float is in the order of all floats. */
function rank(x: number): number {
  placeAsFloat[0] = x;
  return place[0] < 0 ? -(2 ** 31) - place[0] : place[0];
}

/** How many floats lie between two; the zeros differ. */
function ulps(x: number, y: number): number {
  if (Object.is(x, y)) return 0;
  return Number.isNaN(x) || Number.isNaN(y) ? Infinity : Math.max(1, Math.abs(rank(x) - rank(y)));
}

function checkClose(found: readonly number[], wanted: HostArray, limit: number): void {
  equal(found.length, wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const apart = ulps(found[i], wanted[i]);
    ok(apart <= limit, `element ${i}: wanted ${wanted[i]}, got ${found[i]}, ${apart} ulps apart`);
  }
}

type Kernel = <B>(kernels: Kernels<B>, ...xs: Operand<B>[]) => B;

interface Expected {
  readonly shape: Shape;
  readonly dtype?: DType;
  /** By how many floats the result may differ from that of js. */
  readonly limit?: number;
}

/** Runs a kernel on both devices, compares, frees, and returns the layout of the result. */
function compare(
  machine: Machine,
  kernel: Kernel,
  hosts: readonly Host[],
  layouts: readonly Layout[],
  { shape, dtype = "float32", limit = 0 }: Expected,
): Layout {
  new Uint8Array(machine.memory.buffer).fill(0xff);
  const { blocks } = machine.heap.statistics();
  const operands = hosts.map((x, i) => placed(machine, x, layouts[i]));
  const found = kernel(kernelsOf(machine), ...operands);
  checkClose(numbersOf(machine, found, shape, dtype), kernel(js, ...hosts), limit);
  operands.forEach(({ buffer }, i) => {
    checkClose(numbersOf(machine, buffer, hosts[i].shape, hosts[i].dtype), hosts[i].buffer, 0);
  });
  const isConverting = layouts.some((own) => own !== found.layout) ||
    hosts.length > 1 && found.layout === "channelsLast";
  if (!isConverting) {
    checkUntouched(machine, [found, ...operands.map(({ buffer }) => buffer)]);
  }
  for (const { buffer } of operands) machine.free(buffer);
  machine.free(found);
  equal(machine.heap.statistics().blocks, blocks);
  return found.layout;
}

const knownKernels = new Map<Machine, Kernels<WasmBuffer>>();

function kernelsOf(machine: Machine): Kernels<WasmBuffer> {
  const kernels = knownKernels.get(machine) ?? elementwiseKernels(machine) as Kernels<WasmBuffer>;
  knownKernels.set(machine, kernels);
  return kernels;
}

/** Checks that nothing was written but blocks, which are multiples of 64 bytes. */
function checkUntouched(machine: Machine, blocks: readonly WasmBuffer[]): void {
  const words = new Int32Array(machine.memory.buffer);
  let end = 0;
  for (const { address, bytes } of blocks.toSorted((a, b) => a.address - b.address)) {
    equal(firstWritten(words, end, address / 4), -1);
    end = address / 4 + 16 * Math.ceil(bytes / 64);
  }
  equal(firstWritten(words, end, words.length), -1);
}

function firstWritten(words: Int32Array, from: number, to: number): number {
  for (let i = from; i < to; i++) if (words[i] !== -1) return i;
  return -1;
}

const FIXED = { seed: 1, numRuns: 25 };

const lengths = fc.constantFrom(0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 17);
const anyShape = fc.array(lengths, { maxLength: 4 });
const layoutFor = (shape: Shape) =>
  shape.length >= 2 ? fc.constantFrom<Layout>("rowMajor", "channelsLast") : rowMajor;
const rowMajor = fc.constant<Layout>("rowMajor");
const shapeAndLayout = anyShape.chain((shape) => fc.tuple(fc.constant(shape), layoutFor(shape)));

type UnaryName =
  | "sqrt"
  | "exp"
  | "log"
  | "sin"
  | "cos"
  | "tanh"
  | "abs"
  | "relu"
  | "sigmoid"
  | "softplus"
  | "positive";

/** By how many floats each function may be off. */
const UNARY: Readonly<Record<UnaryName, number>> = {
  sqrt: 0,
  exp: 1,
  log: 1,
  sin: 1,
  cos: 1,
  tanh: 1,
  abs: 0,
  relu: 0,
  sigmoid: 1,
  softplus: 1,
  positive: 0,
};

const UNARY_NAMES = Object.keys(UNARY) as UnaryName[];

const EXPONENTS = [
  ...[2, -1, 1, 0, 3, -2, 4, 16, -16, 0.5, -0.5, 1.5, -2.5, 17, 18, -17, 101, 0.3, -2.2],
  ...[1e6, -1e300, Infinity, -Infinity, NaN],
];

/** These are rounded once. */
const EXACT_EXPONENTS = [2, -1, 1, 0, 0.5, -0.5];

for (const { name, machine } of MACHINES) {
  Deno.test(`functions of one operand agree with js in their own layout (${name})`, () => {
    for (const op of UNARY_NAMES) {
      fc.assert(
        fc.property(shapeAndLayout, seeds, ([shape, layout], seed) => {
          const x = anyNumbers(shape, seed, "float32");
          const expected = { shape, limit: UNARY[op] };
          equal(compare(machine, (k, x) => k[op](x), [x], [layout], expected), layout);
        }),
        FIXED,
      );
    }
  });

  Deno.test(`powers agree with js in their own layout (${name})`, () => {
    fc.assert(
      fc.property(
        shapeAndLayout,
        seeds,
        fc.constantFrom(...EXPONENTS),
        ([shape, layout], seed, exponent) => {
          const x = anyNumbers(shape, seed, "float32");
          const expected = { shape, limit: EXACT_EXPONENTS.includes(exponent) ? 0 : 1 };
          compare(machine, (k, x) => k.pow(x, exponent), [x], [layout], expected);
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  Deno.test(`scale, positive and cast agree with js in both dtypes (${name})`, () => {
    const factors = fc.constantFrom(0, -0, 2, -3, 0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 40);
    const dtypes = fc.constantFrom<DType>("float32", "int32");
    fc.assert(
      fc.property(
        shapeAndLayout,
        seeds,
        factors,
        dtypes,
        dtypes,
        ([shape, layout], seed, factor, from, to) => {
          const x = anyNumbers(shape, seed, from);
          const isFloat = from === "float32";
          const layouts = [isFloat ? layout : "rowMajor" as const];
          const own = { shape, dtype: from };
          const factorHeld = isFloat ? factor : Math.trunc(factor) || 7;
          if (isFloat || Math.abs(factorHeld) < 2 ** 20) {
            compare(machine, (k, x) => k.scale(x, factorHeld), [x], layouts, own);
          }
          compare(machine, (k, x) => k.positive(x), [x], layouts, own);
          const cast: Kernel = (k, x) => k.cast(x, to);
          compare(machine, cast, [x], layouts, { shape, dtype: to });
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });
}

Deno.test("special numbers come out as Math has them", () => {
  const x = operand([SPECIAL.length], SPECIAL, "float32");
  for (const { machine } of MACHINES) {
    for (const op of UNARY_NAMES) {
      const expected = { shape: x.shape, limit: UNARY[op] };
      compare(machine, (k, x) => k[op](x), [x], ["rowMajor"], expected);
    }
    for (const exponent of EXPONENTS) {
      const expected = { shape: x.shape, limit: EXACT_EXPONENTS.includes(exponent) ? 0 : 1 };
      compare(machine, (k, x) => k.pow(x, exponent), [x], ["rowMajor"], expected);
    }
  }
});

/** The share of numbers for which a function is not the nearest float, and the worst case in floats. */
function errors(
  found: ArrayLike<number>,
  x: Float32Array,
  truth: (x: number) => number,
): { share: number; worst: number } {
  let off = 0;
  let worst = 0;
  for (let i = 0; i < x.length; i++) {
    const apart = ulps(found[i], Math.fround(truth(x[i])));
    if (apart > 0) off++;
    if (apart > worst) worst = apart;
  }
  return { share: off / x.length, worst };
}

const TRUTH: Partial<Record<UnaryName, (x: number) => number>> = {
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (x) => (x < 0 ? Math.exp(x) : 1) / (1 + Math.exp(-Math.abs(x))),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

Deno.test("functions are the nearest float but for rare cases, and then its neighbour", () => {
  const SIZE = 20_000;
  const words = randomWords(randomKey(3), SIZE);
  const spread = (low: number, high: number) =>
    Float32Array.from(words, (word) => low + (high - low) * word / 2 ** 32);
  const samples = [
    new Float32Array(words.buffer),
    spread(-104, 89),
    spread(-1, 1),
    spread(-1e5, 1e5),
    spread(0, 1e-3),
  ];
  for (const machine of roomyMachines) {
    for (const [op, truth] of Object.entries(TRUTH) as [UnaryName, (x: number) => number][]) {
      for (const sample of samples) {
        const x = placed(machine, operand([SIZE], sample, "float32"));
        const y = kernelsOf(machine)[op](x);
        const { share, worst } = errors(machine.floats(y), sample, truth);
        ok(worst <= 1 && share <= 1e-4, `${op}: ${share} are off, by up to ${worst} floats`);
        machine.free(x.buffer);
        machine.free(y);
      }
    }
  }
});

Deno.test("sine and cosine are right next to multiples of a quarter turn, however large", () => {
  const nearest = Array.from({ length: 20_000 }, (_, i) => Math.fround((i + 1) * Math.PI / 2));
  const powers = Array.from({ length: 128 }, (_, i) => 2 ** i);
  // The first comes closest of all floats to a multiple of π/2, the others of those of their size.
  const closest = [
    16367173 * 2 ** 72,
    15479557 * 2 ** 98,
    12438944 * 2 ** 103,
    12438944 * 2 ** 104,
  ];
  const x = Float32Array.from([...nearest, ...powers, ...closest, ...closest.map((x) => -x)]);
  for (const machine of roomyMachines) {
    const input = placed(machine, operand([x.length], x, "float32"));
    for (const op of ["sin", "cos"] as const) {
      const output = kernelsOf(machine)[op](input);
      const { share, worst } = errors(machine.floats(output), x, Math[op]);
      ok(worst <= 1 && share <= 1e-4, `${op}: ${share} are off, by up to ${worst} floats`);
      machine.free(output);
    }
    machine.free(input.buffer);
  }
});

const BINARY_NAMES = ["add", "mul", "greater", "equal"] as const;

/** Operands that broadcast, most of them images, and how they lie. */
const imageShapes = fc.tuple(
  fc.constantFrom(1, 2, 3),
  fc.constantFrom(1, 3, 4, 6, 8),
  fc.constantFrom(1, 2, 5),
  fc.constantFrom(1, 3, 4),
);
const imageOperand = (shape: Shape) =>
  fc.tuple(fc.constantFrom(0, 0, 0, 1, 2, 3, 4), fc.constantFrom(0, 0, 6, 7, 13, 14, 15)).map(
    ([dropped, ones]) =>
      shape.map((length, axis) => (ones >> axis) % 2 ? 1 : length).slice(dropped),
  );
const someShapes = fc.oneof(
  broadcastPairs,
  imageShapes.chain((shape) => fc.tuple(imageOperand(shape), imageOperand(shape))),
);
const withLayout = (shape: Shape) => fc.tuple(fc.constant(shape), layoutFor(shape));
const operandPairs = someShapes.chain(([x, y]) => fc.tuple(withLayout(x), withLayout(y)));

for (const { name, machine } of MACHINES) {
  Deno.test(`functions of two operands agree with js in any layouts (${name})`, () => {
    const dtypes = fc.constantFrom<DType>("float32", "int32");
    fc.assert(
      fc.property(operandPairs, seeds, dtypes, ([[x, xLayout], [y, yLayout]], seed, dtype) => {
        const shape = broadcastShapes("test", x, y);
        const hosts = [anyNumbers(x, seed, dtype), anyNumbers(y, seed + 7, dtype)];
        const layouts = dtype === "int32" ? [...hosts].map(() => "rowMajor" as const) : [
          xLayout,
          yLayout,
        ];
        for (const op of BINARY_NAMES) {
          if (op === "mul" && dtype === "int32") continue;
          compare(machine, (k, x, y) => k[op](x, y, shape), hosts, layouts, { shape, dtype });
        }
      }),
      { seed: 1, numRuns: 150 },
    );
  });

  Deno.test(`where agrees with js in any layouts (${name})`, () => {
    const dtypes = fc.constantFrom<DType>("float32", "int32");
    const operands = imageShapes.chain((shape) =>
      fc.array(imageOperand(shape).chain(withLayout), { minLength: 3, maxLength: 3 })
    );
    fc.assert(
      fc.property(operands, seeds, dtypes, (operands, seed, dtype) => {
        const shape = operands.reduce<Shape>((all, [own]) => broadcastShapes("test", all, own), []);
        const hosts = operands.map(([own], i) => anyNumbers(own, seed + 7 * i, dtype));
        const layouts = operands.map(([, layout]) => dtype === "int32" ? "rowMajor" : layout);
        const where: Kernel = (k, mask, x, y) => k.where(mask, x, y, shape);
        compare(machine, where, hosts, layouts, { shape, dtype });
      }),
      { seed: 1, numRuns: 150 },
    );
  });
}

const layoutAfter = (machine: Machine, kernel: Kernel, shapes: Shape[], layouts: Layout[]) => {
  const shape = shapes.reduce((all, own) => broadcastShapes("test", all, own));
  const hosts = shapes.map((own, i) => anyNumbers(own, i, "float32"));
  return compare(machine, kernel, hosts, layouts, { shape });
};

Deno.test("a result lies as its largest operand does, where one loop can walk over all", () => {
  const images = [2, 6, 3, 5];
  const add: Kernel = (k, x, y) => k.add(x, y, images);
  for (const other of [[], [1], [6, 1, 1], [1, 6, 1, 1], [2, 1, 1, 1], [2, 6, 1, 1], images]) {
    equal(
      layoutAfter(wideMachine, add, [images, other], ["channelsLast", "rowMajor"]),
      "channelsLast",
    );
    equal(
      layoutAfter(wideMachine, add, [other, images], ["rowMajor", "channelsLast"]),
      "channelsLast",
    );
    equal(layoutAfter(wideMachine, add, [images, other], ["rowMajor", "rowMajor"]), "rowMajor");
  }
  for (const other of [[5], [2, 1, 3, 5], [1, 6, 3, 1]]) {
    equal(layoutAfter(wideMachine, add, [images, other], ["channelsLast", "rowMajor"]), "rowMajor");
  }
});

Deno.test("rows that fill a block to its end write nothing behind it", () => {
  for (const [rows, length] of [[8, 2], [16, 3], [16, 1], [16, 7]]) {
    layoutAfter(wideMachine, (k, x, y) => k.add(x, y, [rows, length]), [[rows, length], [length]], [
      "rowMajor",
      "rowMajor",
    ]);
  }
});

/** Numbers without a pattern that a wrong step would keep. */
function scattered(shape: Shape): Host {
  const numbers = new Float32Array(sizeOf(shape));
  for (let i = 0; i < numbers.length; i++) numbers[i] = i * 7919 % 173 - 86;
  return operand(shape, numbers, "float32");
}

/** As `compare`, for tensors of whole numbers in row-major order that are too large for its checks. */
function checkLarge(kernel: Kernel, hosts: readonly Host[]): void {
  const operands = hosts.map((x) => placed(largeMachine, x));
  const found = kernel(kernelsOf(largeMachine), ...operands);
  const numbers = largeMachine.floats(found);
  equal(kernel(js, ...hosts).findIndex((wanted, i) => wanted !== numbers[i]), -1);
  for (const buffer of [found, ...operands.map(({ buffer }) => buffer)]) largeMachine.free(buffer);
}

Deno.test("tensors of more than one task are done to their end, by several threads", () => {
  const shapes: [Shape, Shape][] = [
    [[2 * CHUNK + 5], [2 * CHUNK + 5]],
    [[2 * CHUNK + 5], []],
    [[3, CHUNK + 3], [3, 1]],
    [[3, CHUNK + 3], [CHUNK + 3]],
    [[50_001, 3], [3]],
    [[50_001, 3], [50_001, 1]],
    [[40, 1, 701], [5, 1]],
    [[3, 1, 2, 1, 5, 1, 7], [4, 1, 3, 1, 6, 1]],
  ];
  for (const [x, y] of shapes) {
    const shape = broadcastShapes("test", x, y);
    const hosts = [scattered(x), scattered(y)];
    checkLarge((k, x, y) => k.add(x, y, shape), hosts);
    checkLarge((k, x, y) => k.where(x, x, y, shape), hosts);
  }
  const size = [2 * CHUNK + 3];
  checkLarge((k, x) => k.relu(x), [scattered(size)]);
  checkLarge((k) => k.fill(3, { shape: size, dtype: "float32" }), []);
  checkLarge((k) => k.uniform([1, 2], { shape: size, dtype: "float32" }), []);
});

Deno.test("the padding of an image of more than one task is cleared to its end", () => {
  const shape = [1, 5, 140, 130];
  const x = placed(largeMachine, scattered(shape), "channelsLast");
  const y = kernelsOf(largeMachine).cos(x);
  const numbers = largeMachine.floats(y);
  const first = numbers.findIndex((number, i) => (number === 0) !== (i % 8 > 4));
  equal(first, -1);
  largeMachine.free(x.buffer);
  largeMachine.free(y);
});

Deno.test("accumulate adds into its first operand, whatever the layout of the second", () => {
  fc.assert(
    fc.property(shapeAndLayout, seeds, fc.boolean(), ([shape, layout], seed, isSwapped) => {
      const other = isSwapped && shape.length >= 2 ? "channelsLast" : "rowMajor";
      new Uint8Array(wideMachine.memory.buffer).fill(0xff);
      const sums = anyNumbers(shape, seed, "float32");
      const terms = anyNumbers(shape, seed + 7, "float32");
      const into = placed(wideMachine, sums, layout);
      const x = placed(wideMachine, terms, other);
      kernelsOf(wideMachine).accumulate(into, x);
      js.accumulate(sums, terms);
      checkClose(numbersOf(wideMachine, into.buffer, shape), sums.buffer, 0);
      checkClose(numbersOf(wideMachine, x.buffer, shape), terms.buffer, 0);
      wideMachine.free(into.buffer);
      wideMachine.free(x.buffer);
      checkAllFreed(wideMachine);
    }),
    FIXED,
  );
});

Deno.test("converted copies are freed when there is no room for the result", () => {
  const shape = [1, 4, 64, 64];
  const x = placed(wideMachine, scattered(shape), "channelsLast");
  const y = placed(wideMachine, scattered(shape));
  const { blocks } = wideMachine.heap.statistics();
  throws(() => kernelsOf(wideMachine).add(x, y, shape), RangeError);
  equal(wideMachine.heap.statistics().blocks, blocks);
  wideMachine.free(x.buffer);
  wideMachine.free(y.buffer);
});

Deno.test("accumulate adds int32 numbers modulo 2^32", () => {
  const into = placed(wideMachine, operand([2], [2 ** 31 - 1, 3], "int32"));
  const x = placed(wideMachine, operand([2], [1, 4], "int32"));
  kernelsOf(wideMachine).accumulate(into, x);
  deepEqual(numbersOf(wideMachine, into.buffer, [2], "int32"), [-(2 ** 31), 7]);
  wideMachine.free(into.buffer);
  wideMachine.free(x.buffer);
});

Deno.test("products of int32 numbers are exact in their low 32 bits", () => {
  const x = anyNumbers([100], 1, "int32");
  const y = anyNumbers([100], 2, "int32");
  const [a, b] = [placed(wideMachine, x), placed(wideMachine, y)];
  const product = kernelsOf(wideMachine).mul(a, b, [100]);
  deepEqual(
    numbersOf(wideMachine, product, [100], "int32"),
    Array.from(x.buffer, (number, i) => Math.imul(number, y.buffer[i])),
  );
  for (const buffer of [a.buffer, b.buffer, product]) wideMachine.free(buffer);
});

Deno.test("scale multiplies by the float nearest to the factor", () => {
  const x = anyNumbers([1000], 1, "float32");
  const input = placed(wideMachine, x);
  const output = kernelsOf(wideMachine).scale(input, 0.1);
  const wanted = new Float32Array(x.buffer).map((number) => number * Math.fround(0.1));
  checkClose(numbersOf(wideMachine, output, x.shape), wanted, 0);
  wideMachine.free(input.buffer);
  wideMachine.free(output);
});

Deno.test("fill and uniform agree with js to the last bit, at any size", () => {
  for (const { machine } of MACHINES) {
    for (const size of [0, 1, 2, 3, 7, 8, 9, 16, 17, 1000]) {
      const shape = [size];
      for (const value of [0, -0, 1, 0.1, NaN, -Infinity]) {
        compare(machine, (k) => k.fill(value, { shape, dtype: "float32" }), [], [], { shape });
      }
      for (const value of [0, 5, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 + 5, NaN]) {
        const out = { shape, dtype: "int32" } as const;
        compare(machine, (k) => k.fill(value, out), [], [], out);
      }
      const key = [0x9abcdef0, size] as const;
      compare(machine, (k) => k.uniform(key, { shape, dtype: "float32" }), [], [], { shape });
    }
  }
});

/** Positions of window maxima as max-pool leaves them, and the int32 tensor that they stand for. */
function windowPlaces(): { operand: WasmOperand; positions: Host } {
  const shape = [1, 3, 2, 2];
  const buffer = {
    ...wideMachine.allocate(shape, "windowPlaces"),
    windows: {
      kernel: [2, 2],
      geometry: { stride: [2, 2], padding: [0, 0], dilation: [1, 1] },
      image: [4, 4],
      count: [2, 2],
    },
  } as const;
  const places = new Uint8Array(wideMachine.memory.buffer, buffer.address, buffer.bytes);
  places.set([0, 1, 2, 0, 3, 0, 1, 0, 2, 3, 0, 0, 1, 2, 3, 0]);
  const [first, second, third] = [[0, 3, 2, 1], [1, 0, 3, 2], [2, 1, 0, 3]].map((channel) =>
    channel.map((place, window) =>
      4 * (2 * (window >> 1) + (place >> 1)) + 2 * (window & 1) + (place & 1)
    )
  );
  const positions = operand(shape, [...first, ...second, ...third], "int32");
  return { operand: { shape, dtype: "int32", buffer }, positions };
}

Deno.test("places of window maxima are read as the positions that they stand for", () => {
  const { operand: places, positions } = windowPlaces();
  const { shape } = places;
  const kernels: Kernel[] = [
    (k, x) => k.cast(x, "float32"),
    (k, x) => k.cast(x, "int32"),
    (k, x) => k.scale(x, 3),
    (k, x) => k.positive(x),
    (k, x) => k.add(x, x, shape),
    (k, x, five) => k.add(x, five, shape),
    (k, x, five) => k.greater(five, x, shape),
    (k, x) => k.where(x, x, x, shape),
  ];
  const five = operand([], [5], "int32");
  const placedFive = placed(wideMachine, five);
  kernels.forEach((kernel, i) => {
    const found = kernel(kernelsOf(wideMachine), places, placedFive);
    const dtype = i === 0 ? "float32" : "int32";
    checkClose(numbersOf(wideMachine, found, shape, dtype), kernel(js, positions, five), 0);
    wideMachine.free(found);
  });
  throws(() => kernelsOf(wideMachine).accumulate(places, places), TypeError);
  wideMachine.free(placedFive.buffer);
  wideMachine.free(places.buffer);
  checkAllFreed(wideMachine);
});
