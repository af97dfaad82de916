import { deepEqual, equal, ok } from "node:assert/strict";
import type { DType, HostArray } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import {
  broadcastShapes,
  type Geometry,
  geometry,
  type Shape,
  windowOutput,
} from "../tensor/shape.ts";
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
  normal,
  operand,
  seeds,
} from "./host_operands.ts";

const { kernels } = jsDevice;

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

Deno.test("conv2d adds the bias of each output channel", () => {
  fc.assert(
    fc.property(convolutions, seeds, floats, (convolution, seed, dtype) => {
      const { x: shape, out, geometry } = convolution;
      const x = normal(shape, seed, dtype);
      const weight = normal(convolution.weight, seed + 1, dtype);
      const bias = normal([out[1]], seed + 2, dtype);
      const plain = operand(out, kernels.conv2d(x, weight, geometry, out));
      const wanted = defined(out, (index) => at(plain, index) + bias.buffer[index[1]]);
      const tolerance = dtype === "float64" ? 1e-12 : 1e-6;
      closeTo(kernels.conv2d(x, weight, geometry, out, bias), wanted, tolerance);
    }),
    FIXED,
  );
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

const statistic = (buffer: HostArray, dtype: DType) => operand([buffer.length], buffer, dtype);

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
      const gradients = kernels.batchNormBackward(
        inputs.x,
        inputs.weight,
        statistic(mean, "float64"),
        statistic(variance, "float64"),
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

Deno.test("batchNormRelu is relu of batchNorm, and its gradients batchNorm's where it is positive", () => {
  fc.assert(
    fc.property(normShapes, seeds, floats, (shape, seed, dtype) => {
      const x = normal(shape, seed, dtype);
      const weight = normal([shape[1]], seed + 1, dtype);
      const bias = normal([shape[1]], seed + 2, dtype);
      const g = normal(shape, seed + 3, dtype);
      const { output, ...kept } = kernels.batchNormRelu(x, weight, bias, EPSILON);
      const { output: normalized, ...wanted } = kernels.batchNorm(x, weight, bias, EPSILON);
      deepEqual(output, kernels.relu(operand(shape, normalized, dtype)));
      deepEqual(kept, wanted);
      const mean = statistic(kept.mean, dtype);
      const variance = statistic(kept.variance, dtype);
      const passed = operand(shape, g.buffer.map((value, i) => output[i] > 0 ? value : 0), dtype);
      deepEqual(
        kernels.batchNormReluBackward(x, weight, bias, mean, variance, g, EPSILON),
        kernels.batchNormBackward(x, weight, mean, variance, passed, EPSILON),
      );
    }),
    FIXED,
  );
});

Deno.test("batchNormReluBackward finds the forward's mask even where rounding decides it", () => {
  // The mean, 1 + 2⁻²³/3, rounds to 1 in float32: unrounded, the ones would be above zero.
  const x = operand([3, 1], [1, 1 + 2 ** -23, 1], "float32");
  const weight = operand([1], [-1], "float32");
  const bias = operand([1], [0], "float32");
  const g = operand([3, 1], [1, 1, 1], "float32");
  const { output, mean, variance } = kernels.batchNormRelu(x, weight, bias, EPSILON);
  const gradients = kernels.batchNormReluBackward(
    x,
    weight,
    bias,
    statistic(mean, "float32"),
    statistic(variance, "float32"),
    g,
    EPSILON,
  );
  equal(gradients.bias[0], output.filter((value) => value > 0).length);
});
