import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { ARRAY, type DType, type HostArray, hostArray } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { foldIn, randomKey, randomWords, uniformNumbers } from "../tensor/random.ts";
import { broadcastShapes, type Shape, sizeOf } from "../tensor/shape.ts";
import { fc } from "./fast_check.ts";
import {
  at,
  broadcastPairs,
  closeTo,
  defined,
  digits,
  dot,
  FIXED,
  floats,
  type Host,
  type Index,
  indices,
  lengths,
  normal,
  operand,
  seeds,
  shapes,
} from "./host_operands.ts";

const { kernels } = jsDevice;

const UNARY: Record<string, (x: number) => number> = {
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  abs: Math.abs,
  relu: (x) => Math.max(x, 0),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.log(1 + Math.exp(x)),
  positive: (x) => x > 0 ? 1 : 0,
};

for (const name of Object.keys(UNARY) as (keyof typeof UNARY & keyof typeof kernels)[]) {
  Deno.test(`${name} applies its definition to each element in both precisions`, () => {
    const numbers = [-3, -0.5, -0, 0, 0.25, 1, 4, NaN];
    const kernel = kernels[name] as (x: Host) => HostArray;
    const wanted = (x: Host) => Array.from(x.buffer, UNARY[name]);
    const double = operand([2, 4], numbers);
    closeTo(kernel(double), wanted(double));
    const single = operand([2, 4], numbers, "float32");
    const result = kernel(single);
    ok(result instanceof Float32Array);
    closeTo(result, wanted(single), 1e-7);
    equal(kernel(operand([0], [])).length, 0);
  });
}

Deno.test("scale and pow take their second number as it is", () => {
  const x = operand([5], [-2, 0, 0.25, 2, 3]);
  closeTo(kernels.scale(x, -1.5), [3, -0, -0.375, -3, -4.5]);
  for (const exponent of [2, 3, -1, -2, 0.5, -0.5, -1.5, 0, 1]) {
    closeTo(kernels.pow(x, exponent), Array.from(x.buffer, (value) => value ** exponent), 1e-15);
  }
});

Deno.test("relu and positive treat NaN and the zeros as PyTorch does", () => {
  const x = operand([4], [NaN, -0, 0, -1]);
  deepEqual([...kernels.relu(x)], [NaN, 0, 0, 0]);
  deepEqual(kernels.positive(x), new Float64Array([0, 0, 0, 0]));
});

Deno.test("sigmoid and softplus neither overflow nor lose small results", () => {
  const x = operand([4], [-1000, 1000, -40, 40]);
  closeTo(kernels.sigmoid(x), [0, 1, 4.248354255291589e-18, 1], 0);
  closeTo(kernels.softplus(x), [0, 1000, 4.248354255291589e-18, 40], 0);
});

const BINARY = {
  add: (x: number, y: number) => x + y,
  mul: (x: number, y: number) => x * y,
  greater: (x: number, y: number) => x > y ? 1 : 0,
  equal: (x: number, y: number) => x === y ? 1 : 0,
};

for (const name of Object.keys(BINARY) as (keyof typeof BINARY)[]) {
  Deno.test(`${name} broadcasts both operands`, () => {
    fc.assert(
      fc.property(
        broadcastPairs,
        seeds,
        fc.constantFrom<DType>("float64", "float32", "int32"),
        ([a, b], seed, dtype) => {
          const x = digits(a, seed, 4, dtype);
          const y = digits(b, seed + 1, 4, dtype);
          const shape = broadcastShapes(name, a, b);
          const result = kernels[name](x, y, shape);
          ok(result instanceof ARRAY[dtype]);
          closeTo(result, defined(shape, (i) => BINARY[name](at(x, i), at(y, i))), 0);
        },
      ),
      FIXED,
    );
  });
}

Deno.test("accumulate adds into its first operand and leaves the second alone", () => {
  fc.assert(
    fc.property(shapes, seeds, floats, (shape, seed, dtype) => {
      const [into, x] = [normal(shape, seed, dtype), normal(shape, seed + 1, dtype)];
      const [terms, sums] = [x.buffer.slice(), kernels.add(into, x, shape)];
      equal(kernels.accumulate(into, x), undefined);
      deepEqual(into.buffer, sums);
      deepEqual(x.buffer, terms);
    }),
    FIXED,
  );
});

Deno.test("where chooses element by element and broadcasts all three", () => {
  fc.assert(
    fc.property(broadcastPairs, broadcastPairs, seeds, floats, ([a, b], [c], seed, dtype) => {
      let shape: Shape;
      try {
        shape = broadcastShapes("where", broadcastShapes("where", a, b), c);
      } catch {
        return fc.pre(false);
      }
      const mask = digits(c, seed, 2, dtype);
      const x = normal(a, seed + 1, dtype);
      const y = normal(b, seed + 2, dtype);
      const wanted = defined(shape, (i) => at(mask, i) !== 0 ? at(x, i) : at(y, i));
      closeTo(kernels.where(mask, x, y, shape), wanted, 0);
    }),
    FIXED,
  );
});

Deno.test("fill and cast make the dtype that is asked for", () => {
  deepEqual(kernels.fill(2.5, { shape: [2], dtype: "float32" }), new Float32Array([2.5, 2.5]));
  deepEqual(kernels.fill(1, { shape: [0, 3], dtype: "float64" }), new Float64Array(0));
  deepEqual(kernels.cast(operand([3], [1.9, -1.9, 0]), "int32"), new Int32Array([1, -1, 0]));
  deepEqual(kernels.cast(operand([1], [0.1]), "float32"), new Float32Array([0.1]));
});

Deno.test("uniform draws the key's stream", () => {
  const key = randomKey(5);
  const single = kernels.uniform(key, { shape: [7], dtype: "float32" });
  deepEqual(single, Float32Array.from(randomWords(key, 7), (word) => (word >>> 8) / 2 ** 24));
  deepEqual(kernels.uniform(key, { shape: [7], dtype: "float64" }), uniformNumbers(key, 7));
});

Deno.test("permute moves every element to its permuted index", () => {
  fc.assert(
    fc.property(
      shapes,
      seeds,
      fc.constantFrom<DType>("float64", "float32", "int32"),
      (shape, seed, dtype) => {
        const x = digits(shape, seed, 100, dtype);
        const sortKeys = uniformNumbers(foldIn(randomKey(seed), 1), shape.length);
        const axes = shape.map((_, axis) => axis).sort((a, b) => sortKeys[a] - sortKeys[b]);
        const wanted = defined(axes.map((axis) => shape[axis]), (index) => {
          const source = new Array<number>(shape.length);
          axes.forEach((axis, i) => source[axis] = index[i]);
          return at(x, source);
        });
        closeTo(kernels.permute(x, axes), wanted, 0);
      },
    ),
    FIXED,
  );
});

Deno.test("permute transposes planes larger than any block of its loops", () => {
  const x = normal([2, 70, 45], 3, "float32");
  const wanted = defined([45, 2, 70], ([a, b, c]) => at(x, [b, c, a]));
  closeTo(kernels.permute(x, [2, 0, 1]), wanted, 0);
});

Deno.test("broadcastTo repeats, and sumTo is its transpose", () => {
  fc.assert(
    fc.property(broadcastPairs, seeds, ([small, other], seed) => {
      const shape = broadcastShapes("broadcastTo", small, other);
      const x = normal(small, seed);
      const g = normal(shape, seed + 1);
      const broadcast = kernels.broadcastTo(x, shape);
      closeTo(broadcast, defined(shape, (i) => at(x, i)), 0);
      const summed = kernels.sumTo(g, small);
      ok(Math.abs(dot(broadcast, g.buffer) - dot(x.buffer, summed)) < 1e-12);
    }),
    FIXED,
  );
});

Deno.test("sumTo adds exactly the elements that broadcasting would read from one", () => {
  fc.assert(
    fc.property(
      broadcastPairs,
      seeds,
      fc.constantFrom<DType>("float64", "float32", "int32"),
      ([small, other], seed, dtype) => {
        const shape = broadcastShapes("sumTo", small, other);
        const x = digits(shape, seed, 9, dtype);
        const positions = operand(small, Array.from({ length: sizeOf(small) }, (_, i) => i));
        const wanted = new Array<number>(sizeOf(small)).fill(0);
        for (const index of indices(shape)) wanted[at(positions, index)] += at(x, index);
        const result = kernels.sumTo(x, small);
        ok(result instanceof ARRAY[dtype]);
        closeTo(result, wanted, 0);
      },
    ),
    FIXED,
  );
});

Deno.test("sumTo of float32 does not lose small terms, along rows or across them", () => {
  const x = operand([100_001, 2], new Float32Array(200_002).fill(1e-3), "float32");
  x.buffer[0] = 1e5;
  x.buffer[1] = 1e5;
  closeTo(kernels.sumTo(x, [2]), [100_100, 100_100], 1e-7);
  closeTo(kernels.sumTo(x, []), [200_200], 1e-7);
});

Deno.test("sumTo of nothing is zero", () => {
  deepEqual(kernels.sumTo(operand([0, 3], []), [3]), new Float64Array(3));
  deepEqual(kernels.sumTo(operand([0, 3], []), []), new Float64Array(1));
});

Deno.test("slice cuts a box out, and pad is its transpose", () => {
  const boxes = fc.array(fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)), { maxLength: 4 });
  fc.assert(
    fc.property(boxes, seeds, floats, (box, seed, dtype) => {
      const start = box.map(([before]) => before);
      const inner = box.map(([_, length]) => length);
      const outer = box.map((parts) => parts[0] + parts[1] + parts[2]);
      const x = normal(outer, seed, dtype);
      const g = normal(inner, seed + 1, dtype);
      const shifted = (index: Index) => index.map((i, axis) => i + start[axis]);
      closeTo(kernels.slice(x, start, inner), defined(inner, (i) => at(x, shifted(i))), 0);
      const inside = (index: Index) =>
        index.every((i, axis) => i >= start[axis] && i < start[axis] + inner[axis]);
      const wanted = defined(
        outer,
        (index) => inside(index) ? at(g, index.map((i, axis) => i - start[axis])) : 0,
      );
      closeTo(kernels.pad(g, start, outer), wanted, 0);
    }),
    FIXED,
  );
});

Deno.test("cat puts its parts one after another, empty ones too", () => {
  const parts = fc.array(lengths, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(lengths, { minLength: 1, maxLength: 3 }),
      fc.nat(2),
      parts,
      seeds,
      (base, axisSeed, along, seed) => {
        const axis = axisSeed % base.length;
        const shaped = (length: number) => base.map((own, i) => i === axis ? length : own);
        const xs = along.map((length, i) => normal(shaped(length), seed + i));
        const shape = shaped(along.reduce((sum, length) => sum + length, 0));
        const wanted = defined(shape, (index) => {
          let part = 0;
          let inPart = index[axis];
          while (inPart >= along[part]) inPart -= along[part++];
          return at(xs[part], index.map((i, a) => a === axis ? inPart : i));
        });
        closeTo(kernels.cat(xs, axis, shape), wanted, 0);
      },
    ),
    FIXED,
  );
});

Deno.test("argmax takes the first maximum, and NaN as the largest", () => {
  const x = operand([4, 3], [1, 3, 3, NaN, 5, NaN, 2, NaN, Infinity, -Infinity, -Infinity, -1]);
  deepEqual(kernels.argmax(x), new Int32Array([1, 0, 1, 2]));
  deepEqual(kernels.argmax(operand([0, 3], [])), new Int32Array(0));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
      seeds,
      (shape, seed) => {
        const x = digits(shape, seed, 4);
        const last = shape[shape.length - 1];
        const wanted = defined(shape.slice(0, -1), (index) => {
          const row = Array.from({ length: last }, (_, i) => at(x, [...index, i]));
          return row.indexOf(Math.max(...row));
        });
        closeTo(kernels.argmax(x), wanted, 0);
      },
    ),
    FIXED,
  );
});

Deno.test("gather reads at its indices, and scatterAdd is its transpose", () => {
  const cases = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      cases,
      fc.nat(3),
      lengths,
      seeds,
      floats,
      (shape, axisSeed, chosen, seed, dtype) => {
        const axis = axisSeed % shape.length;
        const indexShape = shape.map((length, i) => i === axis ? chosen : length);
        const x = normal(shape, seed, dtype);
        const g = normal(indexShape, seed + 1, dtype);
        const index = digits(indexShape, seed + 2, shape[axis], "int32");
        const moved = (i: Index) => i.map((own, a) => a === axis ? at(index, i) : own);
        closeTo(kernels.gather(x, index, axis), defined(indexShape, (i) => at(x, moved(i))), 0);
        const positions = operand(shape, Array.from({ length: sizeOf(shape) }, (_, i) => i));
        const wanted = new Float64Array(sizeOf(shape));
        for (const i of indices(indexShape)) wanted[at(positions, moved(i))] += at(g, i);
        closeTo(
          kernels.scatterAdd(g, index, axis, shape),
          wanted,
          dtype === "float64" ? 1e-12 : 1e-6,
        );
      },
    ),
    FIXED,
  );
});

Deno.test("gather and scatterAdd refuse an index outside the axis", () => {
  const x = operand([3], [1, 2, 3]);
  for (const bad of [-1, 3]) {
    const index = operand([1], [bad], "int32");
    const complaint = { name: "RangeError", message: /index must be from 0 to 2, got -?\d/ };
    throws(() => kernels.gather(x, index, 0), complaint);
    throws(() => kernels.scatterAdd(operand([1], [1]), index, 0, [3]), complaint);
  }
});

Deno.test("read and write copy", async () => {
  const data = new Float32Array([1, 2]);
  const buffer = jsDevice.write(data, { shape: [2], dtype: "float32" });
  data[0] = 9;
  equal(buffer[0], 1);
  const x: Host = { shape: [2], dtype: "float32", buffer };
  (await jsDevice.read(x))[0] = 9;
  equal(buffer[0], 1);
  equal(jsDevice.bytes(buffer), 8);
});

Deno.test("small host arrays, which share memory, start as zeros and do not overlap", () => {
  const sizes = Array.from({ length: 400 }, (_, i) => i % 67);
  const dtypes = ["float32", "float64", "int32"] as const;
  const arrays = sizes.map((size, i) => {
    const array = hostArray(dtypes[i % 3], size);
    equal(array.length, size);
    ok(array.every((value) => value === 0));
    return array.fill(i);
  });
  arrays.forEach((array, i) => ok(array.every((value) => value === i), `array ${i}`));
});
