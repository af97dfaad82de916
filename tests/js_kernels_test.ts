import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { ARRAY, type DType, type HostArray, hostArray, type Operand } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { foldIn, normalNumbers, randomKey, randomWords, uniformNumbers } from "../tensor/random.ts";
import {
  broadcastShapes,
  type Geometry,
  geometry,
  type Shape,
  sizeOf,
  stridesOf,
  windowOutput,
} from "../tensor/shape.ts";
import { fc } from "./fast_check.ts";

const { kernels } = jsDevice;
const FIXED = { seed: 1, numRuns: 60 };

type Index = readonly number[];
type Host = Operand<HostArray>;

function operand(shape: Shape, numbers: ArrayLike<number>, dtype: DType = "float64"): Host {
  const buffer = hostArray(dtype, sizeOf(shape));
  buffer.set(numbers);
  return { shape, dtype, buffer };
}

function normal(shape: Shape, seed: number, dtype: DType = "float64"): Host {
  return operand(shape, normalNumbers(randomKey(seed), sizeOf(shape)), dtype);
}

/** Small whole numbers, so that ties are common. */
function digits(shape: Shape, seed: number, limit: number, dtype: DType = "float64"): Host {
  return operand(
    shape,
    uniformNumbers(randomKey(seed), sizeOf(shape)).map((u) => Math.floor(u * limit)),
    dtype,
  );
}

function* indices(shape: Shape): Generator<number[]> {
  if (shape.length === 0) return yield [];
  for (let i = 0; i < shape[0]; i++) {
    for (const rest of indices(shape.slice(1))) yield [i, ...rest];
  }
}

/** The element at an index; axes are aligned from the right and those of length 1 repeat. */
function at(x: Host, index: Index): number {
  const strides = stridesOf(x.shape);
  const missing = index.length - x.shape.length;
  return x.buffer[
    strides.reduce(
      (sum, stride, axis) => sum + (x.shape[axis] === 1 ? 0 : stride * index[axis + missing]),
      0,
    )
  ];
}

function defined(shape: Shape, element: (index: number[]) => number): number[] {
  return [...indices(shape)].map(element);
}

function closeTo(actual: HostArray, expected: ArrayLike<number>, tolerance = 1e-12): void {
  equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const close = Object.is(actual[i], expected[i]) || actual[i] === expected[i] ||
      Math.abs(actual[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]));
    ok(close, `element ${i}: wanted ${expected[i]}, got ${actual[i]}`);
  }
}

function dot(a: HostArray, b: HostArray): number {
  equal(a.length, b.length);
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}

const seeds = fc.nat(1e6);
const floats = fc.constantFrom<DType>("float64", "float32");
const lengths = fc.integer({ min: 0, max: 5 });
const shapes = fc.array(lengths, { maxLength: 4 });

/** A shape and two that broadcast to it. */
const broadcastPairs = shapes.chain((shape) => {
  const smaller = fc.tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4 })).map(
    ([dropped, ones]) => shape.map((length, axis) => ones[axis] ? 1 : length).slice(dropped),
  );
  return fc.tuple(smaller, smaller);
});

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

Deno.test("sumTo of float32 does not lose small terms", () => {
  const x = operand([2, 100_001], new Float32Array(200_002).fill(1e-3), "float32");
  x.buffer[0] = 1e5;
  x.buffer[100_001] = 1e5;
  closeTo(kernels.sumTo(x, [2, 1]), [100_100, 100_100], 1e-7);
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

Deno.test("matmul multiplies matrices of every small size", () => {
  const sides = fc.integer({ min: 0, max: 9 });
  fc.assert(
    fc.property(sides, sides, sides, seeds, floats, (M, K, N, seed, dtype) => {
      const x = normal([M, K], seed, dtype);
      const y = normal([K, N], seed + 1, dtype);
      const wanted = defined([M, N], ([i, j]) => {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += at(x, [i, k]) * at(y, [k, j]);
        return sum;
      });
      closeTo(kernels.matmul(x, y, [M, N]), wanted, dtype === "float64" ? 1e-12 : 1e-6);
    }),
    FIXED,
  );
});

Deno.test("matmul broadcasts leading axes", () => {
  fc.assert(
    fc.property(broadcastPairs, seeds, ([a, b], seed) => {
      const x = normal([...a, 2, 3], seed);
      const y = normal([...b, 3, 4], seed + 1);
      const batch = broadcastShapes("matmul", a, b);
      const matrix = (
        of: Host,
        rows: number,
        columns: number,
        index: Index,
        i: number,
        j: number,
      ) => at(of, [...index, rows === 1 ? 0 : i, columns === 1 ? 0 : j]);
      const wanted = defined([...batch, 2, 4], (index) => {
        const [i, j] = index.slice(-2);
        const outer = index.slice(0, -2);
        let sum = 0;
        for (let k = 0; k < 3; k++) {
          sum += matrix(x, 2, 3, outer, i, k) * matrix(y, 3, 4, outer, k, j);
        }
        return sum;
      });
      closeTo(kernels.matmul(x, y, [...batch, 2, 4]), wanted);
    }),
    { ...FIXED, numRuns: 30 },
  );
});

Deno.test("matmul is right where its blocks end", () => {
  for (const [M, K, N] of [[37, 301, 5], [5, 3, 301], [130, 70, 67]]) {
    const x = normal([M, K], M);
    const y = normal([K, N], N);
    const wanted = defined([M, N], ([i, j]) => {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += x.buffer[i * K + k] * y.buffer[k * N + j];
      return sum;
    });
    closeTo(kernels.matmul(x, y, [M, N]), wanted, 1e-11);
  }
});

interface Convolution {
  readonly x: Shape;
  readonly weight: Shape;
  readonly out: Shape;
  readonly geometry: Geometry;
}

function fits(size: number, kernel: number, padding: number, dilation: number): boolean {
  return size + 2 * padding >= dilation * (kernel - 1) + 1;
}

const axisGeometry = fc.record({
  size: fc.integer({ min: 1, max: 7 }),
  kernel: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.nat(3),
  dilation: fc.integer({ min: 1, max: 3 }),
}).filter(({ size, kernel, padding, dilation }) => fits(size, kernel, padding, dilation));

const convolutions: fc.Arbitrary<Convolution> = fc.tuple(
  fc.nat(3),
  fc.nat(5),
  fc.nat(6),
  axisGeometry,
  axisGeometry,
).map(([N, C, O, vertical, horizontal]) => {
  const options = geometry("conv2d", {
    stride: [vertical.stride, horizontal.stride],
    padding: [vertical.padding, horizontal.padding],
    dilation: [vertical.dilation, horizontal.dilation],
  });
  const kernel: [number, number] = [vertical.kernel, horizontal.kernel];
  const output = windowOutput("conv2d", [vertical.size, horizontal.size], kernel, options);
  return {
    x: [N, C, vertical.size, horizontal.size],
    weight: [O, C, ...kernel],
    out: [N, O, ...output],
    geometry: options,
  };
});

/** Every product of conv2d: an element of x, one of the weight and the one of the result it enters. */
function* terms({ x, weight, out, geometry: { stride, padding, dilation } }: Convolution) {
  for (const [n, o, p, q] of indices(out)) {
    for (const [c, i, j] of indices(weight.slice(1))) {
      const h = p * stride[0] - padding[0] + i * dilation[0];
      const w = q * stride[1] - padding[1] + j * dilation[1];
      if (h < 0 || h >= x[2] || w < 0 || w >= x[3]) continue;
      yield {
        x: ((n * x[1] + c) * x[2] + h) * x[3] + w,
        weight: ((o * x[1] + c) * weight[2] + i) * weight[3] + j,
        out: ((n * out[1] + o) * out[2] + p) * out[3] + q,
      };
    }
  }
}

function checkConvolution(convolution: Convolution, seed: number, dtype: DType): void {
  const x = normal(convolution.x, seed, dtype);
  const weight = normal(convolution.weight, seed + 1, dtype);
  const g = normal(convolution.out, seed + 2, dtype);
  const out = new Float64Array(g.buffer.length);
  const gx = new Float64Array(x.buffer.length);
  const gWeight = new Float64Array(weight.buffer.length);
  for (const term of terms(convolution)) {
    out[term.out] += x.buffer[term.x] * weight.buffer[term.weight];
    gx[term.x] += g.buffer[term.out] * weight.buffer[term.weight];
    gWeight[term.weight] += g.buffer[term.out] * x.buffer[term.x];
  }
  const { geometry } = convolution;
  const tolerance = dtype === "float64" ? 1e-12 : 1e-6;
  closeTo(kernels.conv2d(x, weight, geometry, convolution.out), out, tolerance);
  closeTo(kernels.conv2dInput(g, weight, geometry, convolution.x), gx, tolerance);
  closeTo(kernels.conv2dWeight(x, g, geometry, convolution.weight), gWeight, tolerance);
}

Deno.test("conv2d, conv2dInput and conv2dWeight are sums over the same products", () => {
  fc.assert(fc.property(convolutions, seeds, floats, checkConvolution), { ...FIXED, numRuns: 200 });
});

Deno.test("the convolutions of the networks are right where their blocks end", () => {
  const same = geometry("conv2d", { padding: 1 });
  for (const [N, C, O, side] of [[2, 6, 4, 13], [1, 13, 9, 8], [3, 16, 1, 4], [5, 3, 17, 2]]) {
    checkConvolution(
      { x: [N, C, side, side], weight: [O, C, 3, 3], out: [N, O, side, side], geometry: same },
      N,
      "float64",
    );
  }
});

Deno.test("the three faces of convolution are one trilinear form", () => {
  fc.assert(
    fc.property(convolutions, seeds, (convolution, seed) => {
      const x = normal(convolution.x, seed);
      const weight = normal(convolution.weight, seed + 1);
      const g = normal(convolution.out, seed + 2);
      const { geometry } = convolution;
      const forward = dot(kernels.conv2d(x, weight, geometry, g.shape), g.buffer);
      const input = dot(kernels.conv2dInput(g, weight, geometry, x.shape), x.buffer);
      const ofWeight = dot(kernels.conv2dWeight(x, g, geometry, weight.shape), weight.buffer);
      const tolerance = 1e-12 * Math.max(1, x.buffer.length * weight.buffer.length);
      ok(Math.abs(forward - input) <= tolerance);
      ok(Math.abs(forward - ofWeight) <= tolerance);
    }),
    { ...FIXED, numRuns: 100 },
  );
});

Deno.test("a convolution's rows in a batch do not depend on the other rows", () => {
  const same = geometry("conv2d", { padding: 1 });
  const x = normal([3, 5, 6, 7], 1, "float32");
  const weight = normal([7, 5, 3, 3], 2, "float32");
  const all = kernels.conv2d(x, weight, same, [3, 7, 6, 7]);
  const plane = 5 * 6 * 7;
  const second = operand([1, 5, 6, 7], x.buffer.subarray(plane, 2 * plane), "float32");
  const size = 7 * 6 * 7;
  deepEqual(kernels.conv2d(second, weight, same, [1, 7, 6, 7]), all.slice(size, 2 * size));
});

Deno.test("argmaxPool takes the first maximum in each window, never padding, NaN as the largest", () => {
  const planes = convolutions.filter(({ weight, geometry: { padding } }) =>
    padding[0] <= weight[2] / 2 && padding[1] <= weight[3] / 2
  );
  fc.assert(
    fc.property(planes, seeds, floats, ({ x: shape, weight, out, geometry }, seed, dtype) => {
      const x = digits(shape, seed, 4, dtype);
      for (let i = 0; i < x.buffer.length; i += 7) x.buffer[i] = NaN;
      const { stride, padding, dilation } = geometry;
      const pooled = [shape[0], shape[1], out[2], out[3]];
      const rank = (value: number) => Number.isNaN(value) ? Infinity : value;
      const wanted = defined(pooled, ([n, c, p, q]) => {
        let best = -1;
        for (const [i, j] of indices(weight.slice(2))) {
          const h = p * stride[0] - padding[0] + i * dilation[0];
          const w = q * stride[1] - padding[1] + j * dilation[1];
          if (h < 0 || h >= shape[2] || w < 0 || w >= shape[3]) continue;
          const read = (position: number) =>
            rank(at(x, [n, c, Math.floor(position / shape[3]), position % shape[3]]));
          if (best < 0 || read(h * shape[3] + w) > read(best)) best = h * shape[3] + w;
        }
        return best;
      });
      const kernel = [weight[2], weight[3]] as const;
      const result = kernels.argmaxPool(x, kernel, geometry, pooled);
      ok(result instanceof Int32Array);
      closeTo(result, wanted, 0);
    }),
    { ...FIXED, numRuns: 100 },
  );
});

Deno.test("argmaxPool chooses a pixel even if all are minus infinity", () => {
  const x = operand([1, 1, 2, 2], new Array(4).fill(-Infinity));
  const options = geometry("pool", { stride: 2 });
  deepEqual(kernels.argmaxPool(x, [2, 2], options, [1, 1, 1, 1]), new Int32Array([0]));
});

const normShapes = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 4 }),
  fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
).map(([N, C, rest]) => [N, C, ...rest]);

const EPSILON = 1e-5;

function channels(x: Host): number[][] {
  const rows = Array.from({ length: x.shape[1] }, (): number[] => []);
  for (const index of indices(x.shape)) rows[index[1]].push(at(x, index));
  return rows;
}

const average = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

Deno.test("batchNorm normalises each channel by its mean and biased variance", () => {
  fc.assert(
    fc.property(normShapes, seeds, floats, (shape, seed, dtype) => {
      const x = normal(shape, seed, dtype);
      const weight = normal([shape[1]], seed + 1, dtype);
      const bias = normal([shape[1]], seed + 2, dtype);
      const mean = channels(x).map(average);
      const variance = channels(x).map((row, c) => average(row.map((v) => (v - mean[c]) ** 2)));
      const result = kernels.batchNorm(x, weight, bias, EPSILON);
      const tolerance = dtype === "float64" ? 1e-12 : 1e-5;
      closeTo(result.mean, mean, tolerance);
      closeTo(result.variance, variance, tolerance);
      const wanted = defined(shape, (index) => {
        const c = index[1];
        const normalized = (at(x, index) - mean[c]) / Math.sqrt(variance[c] + EPSILON);
        return normalized * weight.buffer[c] + bias.buffer[c];
      });
      closeTo(result.output, wanted, tolerance);
    }),
    FIXED,
  );
});

Deno.test("batchNorm's variance keeps its digits beside a large mean", () => {
  const x = operand([4, 1], [1e8, 1e8 + 1, 1e8 + 2, 1e8 + 3]);
  const one = operand([1], [1]);
  closeTo(kernels.batchNorm(x, one, one, EPSILON).variance, [1.25]);
});

Deno.test("batchNormBackward agrees with finite differences", () => {
  fc.assert(
    fc.property(normShapes, seeds, (shape, seed) => {
      const inputs = {
        x: normal(shape, seed),
        weight: normal([shape[1]], seed + 1),
        bias: normal([shape[1]], seed + 2),
      };
      const epsilon = 0.1;
      const g = normal(shape, seed + 3);
      const forward = () => kernels.batchNorm(inputs.x, inputs.weight, inputs.bias, epsilon);
      const { mean, variance } = forward();
      const statistic = (buffer: HostArray) => operand([shape[1]], buffer);
      const gradients = kernels.batchNormBackward(
        inputs.x,
        inputs.weight,
        statistic(mean),
        statistic(variance),
        g,
        epsilon,
      );
      for (const name of ["x", "weight", "bias"] as const) {
        const { buffer } = inputs[name];
        const numeric = Array.from(buffer, (value, i) => {
          const step = 1e-5;
          buffer[i] = value + step;
          const above = dot(forward().output, g.buffer);
          buffer[i] = value - step;
          const below = dot(forward().output, g.buffer);
          buffer[i] = value;
          return (above - below) / (2 * step);
        });
        closeTo(gradients[name], numeric, 1e-7);
      }
    }),
    { ...FIXED, numRuns: 20 },
  );
});

Deno.test("batchNorm of an empty batch returns an empty output and zero gradients", () => {
  const x = operand([0, 2, 3], []);
  const ones = operand([2], [1, 1]);
  const { output, mean, variance } = kernels.batchNorm(x, ones, ones, EPSILON);
  equal(output.length, 0);
  const backward = kernels.batchNormBackward(
    x,
    ones,
    operand([2], mean),
    operand([2], variance),
    x,
    EPSILON,
  );
  equal(backward.x.length, 0);
  deepEqual(backward.weight, new Float64Array(2));
  deepEqual(backward.bias, new Float64Array(2));
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
