/** Initialisers: PyTorch's ranges and deviations, and what orthogonal means. */

import { deepEqual, equal, notDeepEqual, ok, throws } from "node:assert/strict";
import { initializers, matmul, randomKey, reshape, transpose } from "../mod.ts";
import fixture from "./fixtures/nn/layers.json" with { type: "json" };
import { close } from "./nn_close.ts";

const key = randomKey(7);
const torch = fixture.initializers;
const FAN_INITIALIZERS = {
  xavierNormal: initializers.xavierNormal,
  xavierUniform: initializers.xavierUniform,
  kaimingNormal: initializers.kaimingNormal,
  kaimingUniform: initializers.kaimingUniform,
};

for (const [name, initializer] of Object.entries(FAN_INITIALIZERS)) {
  Deno.test(`${name} draws from the distribution that PyTorch's does`, () => {
    for (const drawn of torch[name as keyof typeof torch]) {
      const options = { ...drawn.options, dtype: "float64" } as const;
      const actual = initializer(key, drawn.shape, options as initializers.KaimingOptions);
      const expected = "std" in drawn
        ? initializers.normal(key, drawn.shape, { std: drawn.std, dtype: "float64" })
        : initializers.uniform(key, drawn.shape, { a: drawn.a, b: drawn.b, dtype: "float64" });
      close(actual, [...expected.dataSync()], 1e-15, `${name} ${JSON.stringify(drawn)}`);
    }
  });
}

const ALL = {
  ...FAN_INITIALIZERS,
  orthogonal: initializers.orthogonal,
  normal: initializers.normal,
  uniform: initializers.uniform,
};

Deno.test("float32 parameters are the float64 ones rounded, and differ from key to key", () => {
  for (const [name, initializer] of Object.entries(ALL)) {
    const single = initializer(key, [5, 4]);
    const double = initializer(key, [5, 4], { dtype: "float64" });
    equal(single.dtype, "float32");
    deepEqual([...single.dataSync()], [...double.dataSync()].map(Math.fround), name);
    notDeepEqual([...initializer(randomKey(8), [5, 4]).dataSync()], [...single.dataSync()], name);
  }
});

Deno.test("a uniform draw fills its range, either way round", () => {
  for (const [a, b] of [[-1, 3], [1, 0.02]]) {
    const drawn = [...initializers.uniform(key, [2000], { a, b, dtype: "float64" }).dataSync()];
    ok(drawn.every((x) => x >= Math.min(a, b) && x <= Math.max(a, b) && x !== b));
    const mean = drawn.reduce((sum, x) => sum + x) / drawn.length;
    ok(Math.abs(mean - (a + b) / 2) < 0.03 * Math.abs(b - a), `mean ${mean}`);
  }
});

Deno.test("a normal draw has its mean and deviation", () => {
  const drawn = [...initializers.normal(key, [4000], { mean: -2, std: 3 }).dataSync()];
  const mean = drawn.reduce((sum, x) => sum + x) / drawn.length;
  const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length;
  ok(Math.abs(mean + 2) < 0.15, `mean ${mean}`);
  ok(Math.abs(Math.sqrt(variance) - 3) < 0.15, `deviation ${Math.sqrt(variance)}`);
});

Deno.test("a constant is the same everywhere, in every dtype", () => {
  for (const dtype of ["float32", "float64", "int32"] as const) {
    const x = initializers.constant(key, [2, 2], { value: 3, dtype });
    equal(x.dtype, dtype);
    deepEqual([...x.dataSync()], [3, 3, 3, 3]);
  }
});

Deno.test("an orthogonal matrix has orthogonal rows or columns of length gain", () => {
  for (const shape of [[4, 4], [3, 8], [8, 3], [4, 2, 3, 1], [1, 5], [64, 64]]) {
    const filters = initializers.orthogonal(key, shape, { gain: 2, dtype: "float64" });
    const x = reshape(filters, [shape[0], -1]);
    const [rows, columns] = x.shape;
    const size = Math.min(rows, columns);
    const gram = rows < columns ? matmul(x, transpose(x)) : matmul(transpose(x), x);
    const wanted = Array.from(
      { length: size },
      (_, i) => Array.from({ length: size }, (_, j) => i === j ? 4 : 0),
    );
    close(gram, wanted, 1e-15, `gram of ${shape}`);
  }
});

Deno.test("an orthogonal matrix is the Q of its normal draw, with R's diagonal positive", () => {
  for (const rows of [4, 6]) {
    const draw = initializers.normal(key, [rows, 4], { dtype: "float64" });
    const q = initializers.orthogonal(key, [rows, 4], { dtype: "float64" });
    const r = matmul(transpose(q), draw).dataSync();
    for (let i = 0; i < 4; i++) {
      ok(r[5 * i] > 0, `R[${i},${i}] is ${r[5 * i]}`);
      for (let j = 0; j < i; j++) ok(Math.abs(r[4 * i + j]) < 1e-14, `R[${i},${j}]`);
    }
  }
});

Deno.test("initialisers refuse what has no fan, no sense or no such dtype", () => {
  const { xavierNormal, kaimingUniform, orthogonal, normal, uniform } = initializers;
  throws(() => xavierNormal(key, [3]), {
    name: "TypeError",
    message: "Cannot Xavier-initialise a tensor of shape [3]: " +
      "it must be [out,in,...] to have inputs and outputs",
  });
  throws(() => kaimingUniform(key, [3, 0]), RangeError);
  throws(() => xavierNormal(key, [3, 3], { gain: -1 }), RangeError);
  throws(() => orthogonal(key, [3]), TypeError);
  throws(() => normal(key, [3], { std: -1 }), RangeError);
  throws(() => uniform(key, [3], { b: Infinity }), RangeError);
  throws(() => uniform(key, [2.5]), RangeError);
  for (const initializer of Object.values(ALL)) {
    throws(() => initializer(key, [2, 2], { dtype: "int32" }), TypeError);
  }
});
