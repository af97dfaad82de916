/**
 * Tensors: making, reading and printing them, and the shape arithmetic of ops by property.
 */

import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import {
  add,
  broadcastTo,
  cat,
  dot,
  gather,
  mean,
  pad,
  permute,
  reshape,
  scatterAdd,
  slice,
  split,
  stack,
  sum,
  sumTo,
  variance,
} from "../autograd/mod.ts";
import {
  full,
  fullLike,
  normal,
  ones,
  onesLike,
  tensor,
  uniform,
  zeros,
  zerosLike,
} from "../tensor/creation.ts";
import type { DType } from "../tensor/device.ts";
import { currentDevice, deviceNamed, init } from "../tensor/devices.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { normalNumbers, randomKey, uniformNumbers } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import { type Shape, sizeOf, stridesOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leaves, mapTree, zipTrees } from "../tensor/tree.ts";
import { fc } from "./fast_check.ts";

const FIXED = { seed: 1, numRuns: 80 };

function numbers(x: Tensor): number[] {
  return [...x.dataSync()];
}

// Making.

Deno.test("a tensor takes shape and dtype from its data unless told", () => {
  const made: [Tensor, Shape, DType][] = [
    [tensor(3), [], "float32"],
    [tensor([]), [0], "float32"],
    [tensor([[1, 2, 3], [4, 5, 6]]), [2, 3], "float32"],
    [tensor([[], []]), [2, 0], "float32"],
    [tensor(Float32Array.of(1, 2)), [2], "float32"],
    [tensor(Float64Array.of(1, 2)), [2], "float64"],
    [tensor(Int32Array.of(1, 2)), [2], "int32"],
    [tensor([1, 2, 3, 4], [2, 2]), [2, 2], "float32"],
    [tensor([[1, 2], [3, 4]], [4], { dtype: "float64" }), [4], "float64"],
    [tensor(Float64Array.of(1, 2), [1, 2], { dtype: "float32" }), [1, 2], "float32"],
  ];
  for (const [x, shape, dtype] of made) {
    deepEqual([x.shape, x.dtype, x.size], [shape, dtype, sizeOf(shape)]);
    equal(x.dataSync().length, sizeOf(shape));
  }
  deepEqual(numbers(tensor([1.75, -1.75], undefined, { dtype: "int32" })), [1, -1]);
});

Deno.test("a tensor copies what it is made from and what it gives out", () => {
  const source = Float32Array.of(1, 2);
  const shape = [2];
  const x = tensor(source, shape);
  source[0] = 9;
  shape[0] = 7;
  x.dataSync()[1] = 9;
  deepEqual(numbers(x), [1, 2]);
  deepEqual(x.shape, [2]);
  const wanted = [2, 2];
  const y = broadcastTo(x, wanted);
  wanted[0] = 5;
  deepEqual(y.shape, [2, 2]);
});

Deno.test("constants come in any dtype, and like another tensor", () => {
  deepEqual(numbers(zeros([2])), [0, 0]);
  deepEqual(numbers(ones([2], { dtype: "int32" })), [1, 1]);
  deepEqual(numbers(full([], -2.5, { dtype: "float64" })), [-2.5]);
  const like = tensor(Float64Array.of(5, 6), [1, 2]);
  for (const [x, value] of [[zerosLike(like), 0], [onesLike(like), 1], [fullLike(like, 3), 3]]) {
    if (typeof x === "number" || typeof value !== "number") continue;
    deepEqual([x.shape, x.dtype, numbers(x)], [[1, 2], "float64", [value, value]]);
  }
});

Deno.test("random tensors are functions of their key", () => {
  const key = randomKey(4);
  deepEqual(numbers(uniform(key, [2, 3])), numbers(uniform(key, [6])));
  deepEqual(
    numbers(normal(key, [5], { dtype: "float64" })),
    [...normalNumbers(key, 5)],
  );
  deepEqual(
    numbers(uniform(key, [5], { dtype: "float64" })),
    [...uniformNumbers(key, 5)],
  );
  ok(numbers(uniform(key, [1000])).every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24)));
});

Deno.test("a tensor is read with and without waiting, and as one number", async () => {
  const x = tensor([[1.5]], undefined, { dtype: "float64" });
  deepEqual(await x.data(), Float64Array.of(1.5));
  deepEqual(x.dataSync(), Float64Array.of(1.5));
  equal(await x.item(), 1.5);
  const moved = await x.to("js");
  deepEqual([moved.shape, moved.dtype, numbers(moved)], [[1, 1], "float64", [1.5]]);
});

Deno.test("new tensors go to the current device", async () => {
  await init("js");
  equal(currentDevice(), jsDevice);
  equal(tensor(1).device, deviceNamed("js"));
  await init();
  equal(currentDevice(), deviceNamed("wasm"));
  equal(tensor(1).device, currentDevice());
  await init("js");
});

// Printing.

const PRINTED: [string, () => Tensor, string][] = [
  ["a scalar", () => tensor(0.1), "Tensor float32 [] on js: 0.1000"],
  ["whole numbers", () => tensor([1, -20]), "Tensor float32 [2] on js: [  1, -20]"],
  ["positions", () => tensor(Int32Array.of(3)), "Tensor int32 [1] on js: [3]"],
  ["nothing", () => zeros([2, 0]), "Tensor float32 [2,0] on js: []"],
  ["nothing of an absurd shape", () => zeros([1e9, 0]), "Tensor float32 [1000000000,0] on js: []"],
  [
    "what is not finite",
    () => tensor([NaN, Infinity, 0.5]),
    "Tensor float32 [3] on js: [     NaN, Infinity,   0.5000]",
  ],
  ["only NaN", () => tensor(NaN), "Tensor float32 [] on js: NaN"],
  [
    "many magnitudes",
    () => tensor(Float64Array.of(1e-8, -1)),
    "Tensor float64 [2] on js: [ 1.0000e-8, -1.0000e+0]",
  ],
  ["huge whole numbers", () => tensor([1e25]), "Tensor float32 [1] on js: [1.0000e+25]"],
  [
    "a matrix",
    () => tensor([[1.5, -2.25], [100.125, 4]]),
    "Tensor float32 [2,2] on js\n[[  1.5000,  -2.2500],\n [100.1250,   4.0000]]",
  ],
  [
    "images",
    () => tensor([1, 2, 3, 4], [2, 1, 1, 2]),
    "Tensor float32 [2,1,1,2] on js\n[[[[1, 2]]],\n [[[3, 4]]]]",
  ],
  [
    "a long vector",
    () => tensor(Float32Array.from({ length: 2000 }, (_, i) => i)),
    "Tensor float32 [2000] on js: [   0,    1,    2, …, 1997, 1998, 1999]",
  ],
  [
    "many filters",
    () => full([64, 16, 1, 2], 7),
    "Tensor float32 [64,16,1,2] on js\n[[[[7, 7]],\n  …,\n  [[7, 7]]],\n …,\n " +
    "[[[7, 7]],\n  …,\n  [[7, 7]]]]",
  ],
];

for (const [what, make, wanted] of PRINTED) {
  Deno.test(`Deno.inspect shows ${what}`, () => {
    equal(Deno.inspect(make()), wanted);
  });
}

Deno.test("Deno.inspect shows tensors within records, indented", () => {
  equal(
    Deno.inspect({ weight: tensor([[1, 2], [3, 4]]), bias: tensor(5) }),
    "{\n  weight: Tensor float32 [2,2] on js\n  [[1, 2],\n   [3, 4]],\n" +
      "  bias: Tensor float32 [] on js: 5\n}",
  );
});

Deno.test("Deno.inspect shows a tensor of twenty axes in a few lines", () => {
  ok(Deno.inspect(zeros(new Array(20).fill(2))).length < 10_000);
});

Deno.test("Deno.inspect of a disposed tensor does not fail", () => {
  const x = tensor([1, 2]);
  x.dispose();
  equal(Deno.inspect(x), "Tensor float32 [2] (disposed)");
});

Deno.test("Deno.inspect on a device that cannot be read at once says how to read", () => {
  const device = { ...jsDevice, name: "far", readSync: undefined };
  const x = tensor([1], undefined, { device });
  equal(Deno.inspect(x), "Tensor float32 [1] on far (await t.data() shows its values)");
  throws(() => x.dataSync(), {
    name: "TypeError",
    message: "Cannot read a tensor on far without waiting: use await t.data()",
  });
});

// Trees.

Deno.test("trees are mapped, zipped and listed in one order", () => {
  const tree = { b: [tensor(1), tensor(2)], a: { c: tensor(3) } };
  deepEqual(leaves(tree).map((x) => numbers(x)[0]), [1, 2, 3]);
  const paths: string[] = [];
  const doubled = mapTree(tree, (leaf, path) => {
    paths.push(path);
    return add(leaf, leaf);
  });
  deepEqual(paths, ["b.0", "b.1", "a.c"]);
  deepEqual(numbers(doubled.a.c), [6]);
  const total = zipTrees(add, tree, doubled);
  deepEqual(leaves(total).map((x) => numbers(x)[0]), [3, 6, 9]);
  deepEqual(Object.keys(total), ["b", "a"]);
  deepEqual(leaves({ note: "text", nothing: null, when: new Date(0), x: [tensor(4)] }).length, 1);
});

// Properties of shapes.

const lengths = fc.integer({ min: 0, max: 4 });
const shapes = fc.array(lengths, { maxLength: 4 });

/** A shape and one that broadcasts to it. */
const broadcasts = shapes.chain((shape) =>
  fc.tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .map(([dropped, alone]): [Shape, Shape] => [
      shape,
      shape.map((length, axis) => alone[axis] ? 1 : length).slice(dropped),
    ])
);

function random(shape: Shape, seed = 0): Tensor {
  return normal(randomKey(seed), shape, { dtype: "float64" });
}

function* indices(shape: Shape): Generator<number[]> {
  if (shape.length === 0) return yield [];
  for (let i = 0; i < shape[0]; i++) {
    for (const rest of indices(shape.slice(1))) yield [i, ...rest];
  }
}

/** The element at an index, aligned from the right, axes of length 1 repeated. */
function at(x: Tensor, index: readonly number[]): number {
  const missing = index.length - x.shape.length;
  const place = stridesOf(x.shape).reduce(
    (sum, stride, axis) => sum + (x.shape[axis] === 1 ? 0 : stride * index[axis + missing]),
    0,
  );
  return x.dataSync()[place];
}

function near(actual: readonly number[], wanted: readonly number[]): void {
  equal(actual.length, wanted.length);
  actual.forEach((value, i) => {
    const close = Object.is(value, wanted[i]) ||
      Math.abs(value - wanted[i]) <= 1e-12 * Math.max(1, Math.abs(wanted[i]));
    ok(close, `element ${i}: wanted ${wanted[i]}, got ${value}`);
  });
}

function property<T>(name: string, values: fc.Arbitrary<T>, check: (value: T) => void): void {
  Deno.test(name, () => {
    fc.assert(fc.property(values, (value) => scope(() => check(value))), FIXED);
  });
}

property("adding pairs the elements that NumPy's rule pairs", broadcasts, ([shape, smaller]) => {
  const [x, y] = [random(shape, 1), random(smaller, 2)];
  const total = add(x, y);
  deepEqual(total.shape, shape);
  near(numbers(total), [...indices(shape)].map((index) => at(x, index) + at(y, index)));
  near(numbers(add(y, x)), numbers(total));
});

property("broadcastTo and sumTo are each other's transposes", broadcasts, ([shape, smaller]) => {
  const [x, y] = [random(smaller, 1), random(shape, 2)];
  near(numbers(dot(broadcastTo(x, shape), y)), numbers(dot(x, sumTo(y, smaller))));
});

property(
  "a permutation is undone by its inverse, and moves each element to its place",
  shapes.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.shuffledSubarray(shape.map((_, axis) => axis), { minLength: shape.length }),
    )
  ),
  ([shape, axes]) => {
    const x = random(shape);
    const moved = permute(x, axes);
    near(
      numbers(moved),
      [...indices(moved.shape)].map((index) => at(x, axes.map((_, i) => index[axes.indexOf(i)]))),
    );
    const back = permute(moved, axes.map((_, axis) => axes.indexOf(axis)));
    deepEqual([back.shape, numbers(back)], [shape, numbers(x)]);
  },
);

property("reshape keeps the elements in order, there and back", shapes, (shape) => {
  const x = random(shape);
  const flat = reshape(x, [x.size]);
  deepEqual(numbers(flat), numbers(x));
  deepEqual(reshape(flat, shape).shape, shape);
  if (x.size > 0) deepEqual(reshape(x, [-1, 1]).shape, [x.size, 1]);
});

/** A shape, and a block within it. */
const blocks = shapes.chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.tuple(...shape.map((length) => fc.tuple(fc.nat(length), fc.nat(length)))),
  ).map(([whole, ends]) => ({
    whole,
    start: ends.map(([a, b]) => Math.min(a, b)),
    shape: ends.map(([a, b]) => Math.abs(a - b)),
  }))
);

property("slice and pad are each other's transposes", blocks, ({ whole, start, shape }) => {
  const [x, y] = [random(whole, 1), random(shape, 2)];
  near(numbers(dot(slice(x, start, shape), y)), numbers(dot(x, pad(y, start, whole))));
  near(numbers(slice(pad(y, start, whole), start, shape)), numbers(y));
});

/** A shape and some of its axes, in any order, some counted from the end. */
const reductions = shapes.chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.shuffledSubarray(shape.map((_, axis) => axis)),
    fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    fc.boolean(),
  ).map(([whole, axes, fromEnd, keepdim]) => ({
    whole,
    over: axes,
    named: axes.map((axis) => fromEnd[axis] ? axis - whole.length : axis),
    keepdim,
  }))
);

property(
  "sum, mean and variance over axes equal their definitions",
  reductions,
  ({ whole, over, named, keepdim }) => {
    const x = random(whole);
    const kept = whole.map((length, axis) => over.includes(axis) ? 1 : length);
    const groups = [...indices(kept)].map((place) =>
      [...indices(whole)]
        .filter((index) => index.every((i, axis) => over.includes(axis) || i === place[axis]))
        .map((index) => at(x, index))
    );
    const sumOf = (values: number[]) => values.reduce((total, value) => total + value, 0);
    const meanOf = (values: number[]) => values.length === 0 ? NaN : sumOf(values) / values.length;
    const spread = (values: number[]) => meanOf(values.map((v) => (v - meanOf(values)) ** 2));
    const shape = keepdim ? kept : whole.filter((_, axis) => !over.includes(axis));
    for (
      const [found, wanted] of [
        [sum(x, named, keepdim), groups.map(sumOf)],
        [mean(x, named, keepdim), groups.map(meanOf)],
        [variance(x, named, { keepdim, correction: 0 }), groups.map(spread)],
      ] as const
    ) {
      deepEqual(found.shape, shape);
      near(numbers(found), wanted);
    }
  },
);

property(
  "gather and scatterAdd are each other's transposes",
  fc.tuple(fc.integer({ min: 1, max: 4 }), shapes.filter((s) => s.length > 0), fc.nat(3)),
  ([picked, shape, axis]) => {
    const along = axis % shape.length;
    const whole = shape.with(along, Math.max(1, shape[along]));
    const chosen = whole.with(along, picked);
    const index = tensor(
      Int32Array.from(uniformNumbers(randomKey(7), sizeOf(chosen)), (u) => u * whole[along]),
      chosen,
    );
    const [x, g] = [random(whole, 1), random(chosen, 2)];
    near(
      numbers(dot(gather(x, index, along), g)),
      numbers(dot(x, scatterAdd(g, index, along, whole))),
    );
  },
);

property(
  "split undoes cat, and stack puts tensors side by side",
  fc.tuple(shapes.filter((s) => s.length > 0), fc.nat(3), fc.array(lengths, { minLength: 1 })),
  ([shape, axis, pieces]) => {
    const along = axis % shape.length;
    const xs = pieces.slice(0, 4).map((length, i) => random(shape.with(along, length), i));
    const back = split(cat(xs, along), xs.map((x) => x.shape[along]), along);
    deepEqual(back.map(numbers), xs.map(numbers));
    const same = [random(shape, 1), random(shape, 2)];
    const stacked = stack(same, along);
    const apart = split(stacked, [1, 1], along).map((x) => reshape(x, shape));
    deepEqual(apart.map(numbers), same.map(numbers));
  },
);

Deno.test("an allocation that the host refuses says what was wanted and what holds most", () => {
  using holder = zeros([1024, 256]);
  throws(() => zeros([2 ** 40, 2]), (error: Error) => {
    equal(error.name, "RangeError");
    match(
      error.message,
      /^Cannot full into float32 \[1099511627776,2\]: out of memory \(the host refused 8388608\.0 MiB\) while \d+ tensors /,
    );
    match(error.message, /hold \d+\.\d MiB \(most: full \d+\.\d MiB/);
    match(
      error.message,
      /Free tensors with dispose\(\), using or scope\(\), keep less .*, or make the batch/,
    );
    return true;
  });
  equal(holder.size, 1024 * 256);
});
