import { equal, ok } from "node:assert/strict";
import { randomKey, randomWords } from "../tensor/random.ts";
import type { WebgpuBuffer, WebgpuOperand } from "../tensor/webgpu/buffer.ts";
import { elementwiseKernels } from "../tensor/webgpu/elementwise/kernels.ts";
import type { Gpu } from "../tensor/webgpu/gpu.ts";
import { operand } from "./host_operands.ts";
import { gpuTest, numbersOf, placed } from "./webgpu_operands.ts";

type Elementwise = ReturnType<typeof elementwiseKernels>;

/** A function, what it should be, and by how many floats it may be wrong. */
interface Claim {
  readonly name: string;
  readonly run: (kernels: Elementwise, x: WebgpuOperand) => WebgpuBuffer;
  readonly truth: (x: number) => number;
  readonly limit: number;
}

const sigmoid = (x: number) => (x < 0 ? Math.exp(x) : 1) / (1 + Math.exp(-Math.abs(x)));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const FUNCTIONS: readonly Claim[] = [
  { name: "exp", run: (k, x) => k.exp(x), truth: Math.exp, limit: 1 },
  { name: "log", run: (k, x) => k.log(x), truth: Math.log, limit: 1.5 },
  { name: "sin", run: (k, x) => k.sin(x), truth: Math.sin, limit: 3 },
  { name: "cos", run: (k, x) => k.cos(x), truth: Math.cos, limit: 3 },
  { name: "tanh", run: (k, x) => k.tanh(x), truth: Math.tanh, limit: 1.5 },
  { name: "sigmoid", run: (k, x) => k.sigmoid(x), truth: sigmoid, limit: 2.5 },
  { name: "softplus", run: (k, x) => k.softplus(x), truth: softplus, limit: 2 },
];

const power = (exponent: number, limit: number): Claim => ({
  name: `pow ${exponent}`,
  run: (k, x) => k.pow(x, exponent),
  truth: (x) => x ** exponent,
  limit,
});

const POWERS: readonly Claim[] = [
  ...[-2, -1, -0.5, 0, 0.5, 1, 2, 3, 4].map((exponent) => power(exponent, 2)),
  ...[-4, -3, 0.1, 1 / 3, -1.5, 2.2, -7, 8, 9, 20.5, -33.3, 100.25, 10000.5, -1e-20, 9 - 1e-12]
    .map((exponent) => power(exponent, 2 + Math.abs(exponent) / 10)),
];

const SIZE = 10_000;
const WORDS = randomWords(randomKey(3), SIZE);

/** Numbers between two limits, both ways from 0 if the first is less. */
const spread = (low: number, high: number) =>
  Float32Array.from(WORDS, (word) => low + (high - low) * word / 2 ** 32);

const ANY_FLOAT = new Float32Array(WORDS.buffer);

const SMALLEST = 2 ** -126;

/** The distance of neighbouring floats at x. */
function spacing(x: number): number {
  return 2 ** (Math.max(Math.floor(Math.log2(Math.abs(x))), -126) - 23);
}

/** How many floats a result is off; what would be subnormal counts as 0. */
function floatsOff(found: number, truth: number): number {
  if (Object.is(found, Math.fround(truth))) return 0;
  if (Math.abs(truth) < SMALLEST) return Math.abs(found) <= SMALLEST ? 0 : Infinity;
  if (!Number.isFinite(found) || !Number.isFinite(truth)) return Infinity;
  return Math.abs(found - truth) / spacing(truth);
}

async function checkClaims(gpu: Gpu, claims: readonly Claim[], samples: Float32Array[]) {
  const kernels = elementwiseKernels(gpu);
  const slack = gpu.limits.isSoftware ? 0 : 3;
  for (const xs of samples) {
    const x = placed(gpu, operand([xs.length], xs, "float32"));
    const results = await Promise.all(claims.map(({ run }) => {
      const y = run(kernels, x);
      return numbersOf(gpu, y, x.shape).finally(() => gpu.free(y));
    }));
    gpu.free(x.buffer);
    claims.forEach(({ name, truth, limit }, claim) => {
      results[claim].forEach((found, i) => {
        const off = floatsOff(found, truth(xs[i]));
        ok(off <= limit + slack, `${name} of ${xs[i]} is ${found}, wrong by ${off} floats`);
      });
    });
  }
}

await gpuTest(
  "webgpu: functions are as close to the truth as they say",
  (gpu) =>
    checkClaims(gpu, FUNCTIONS, [
      ANY_FLOAT,
      spread(-104, 90),
      spread(-10, 10),
      spread(-1, 1),
      spread(-1e5, 1e5),
      spread(0, 1e-3),
      spread(0.9, 1.1),
    ]),
);

await gpuTest("webgpu: sine and cosine are right next to multiples of a quarter turn", (gpu) => {
  const quarters = Array.from({ length: SIZE }, (_, i) => Math.fround((i + 1) * Math.PI / 2));
  const powers = Array.from({ length: 128 }, (_, i) => 2 ** i);
  // The first comes closest of all floats to a multiple of π/2, the others of those of their size.
  const closest = [
    16367173 * 2 ** 72,
    15479557 * 2 ** 98,
    12438944 * 2 ** 103,
    12438944 * 2 ** 104,
    2 ** 128 - 2 ** 104,
  ];
  const all = [...quarters, ...powers, ...closest];
  const claims = FUNCTIONS.filter(({ name }) => name === "sin" || name === "cos");
  return checkClaims(gpu, claims, [Float32Array.from([...all, ...all.map((x) => -x)])]);
});

await gpuTest("webgpu: powers are as close to the truth as they say", (gpu) => {
  // Away from numbers of which a power or its reciprocal is subnormal and the other is not infinite.
  const samples = [spread(0.02, 50), spread(-50, -0.02), spread(0.97, 1.03), spread(-1.03, -0.97)];
  return checkClaims(gpu, POWERS, samples);
});

await gpuTest("webgpu: powers of any float have the exponent that they should have", (gpu) => {
  const claims = [4, 9, -9, 0.1, -1.5, 2.2, 20.5].map((y) => power(y, 2 + Math.abs(y) / 10));
  return checkClaims(gpu, claims, [ANY_FLOAT]);
});

const SPECIAL = [0, -0, NaN, Infinity, -Infinity, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 1e30, -1e30];

await gpuTest("webgpu: special numbers come out as Math has them", async (gpu) => {
  await checkClaims(gpu, FUNCTIONS, [Float32Array.from(SPECIAL)]);
  const exponents = [
    -3,
    -2,
    -1,
    -0.5,
    0,
    0.5,
    1,
    2,
    3,
    4,
    5,
    -5,
    6,
    -6,
    1.5,
    -1.5,
    33,
    1e10,
    -1e10,
  ];
  const claims = [...exponents, Infinity, -Infinity, NaN].map((y) =>
    power(y, 2 + Math.min(Math.abs(y), 100) / 10 || 2)
  );
  await checkClaims(gpu, claims, [Float32Array.from(SPECIAL)]);
});

await gpuTest("webgpu: small whole powers of whole numbers are exact", async (gpu) => {
  const kernels = elementwiseKernels(gpu);
  const x = placed(gpu, operand([9], [-4, -3, -2, -1, 0, 1, 2, 3, 4], "float32"));
  for (const exponent of [2, 3, 4]) {
    const found = await numbersOf(gpu, kernels.pow(x, exponent), [9]);
    found.forEach((y, i) => equal(y + 0, (i - 4) ** exponent + 0));
  }
});

await gpuTest(
  "webgpu: exp ends where floats end, log goes on below",
  (gpu) =>
    checkClaims(gpu, FUNCTIONS.slice(0, 2), [
      Float32Array.from([88.72283, 88.72284, -87.33, -87.34, -103, -104, 200, -200, 1e38, -1e38]),
      Float32Array.from([2 ** -149, 3 * 2 ** -149, 2 ** -127, -(2 ** -149)]),
    ]),
);

await gpuTest("webgpu: relu keeps NaN, and positive is 0 of it", async (gpu) => {
  const kernels = elementwiseKernels(gpu);
  const bits = [0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7fffffff];
  const nans = new Float32Array(Uint32Array.from(bits).buffer);
  const numbers = [...nans, 0, -0, 1e-40, -1e-40, 1, -1, Infinity, -Infinity];
  const buffer = new Float32Array(numbers);
  new Uint32Array(buffer.buffer).set(bits);
  const x = placed(gpu, { shape: [numbers.length], dtype: "float32", buffer });
  const relu = await numbersOf(gpu, kernels.relu(x), x.shape);
  const positive = await numbersOf(gpu, kernels.positive(x), x.shape);
  numbers.forEach((x, i) => {
    equal(relu[i] + 0, Number.isNaN(x) ? NaN : Math.max(Math.fround(x), 0));
    equal(positive[i], Number(x > 0));
  });
  const integers = placed(gpu, operand([5], [2 ** 31 - 1, 1, 0, -1, -(2 ** 31)], "int32"));
  const signs = await numbersOf(gpu, kernels.positive(integers), [5], "int32");
  signs.forEach((sign, i) => equal(sign, i < 2 ? 1 : 0));
});
