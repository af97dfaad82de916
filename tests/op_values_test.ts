/**
 * Values and gradients of ops against PyTorch's in float64, written by tests/reference/ops_values.py.
 */

import { deepEqual, ok } from "node:assert/strict";
import * as rf from "../autograd/mod.ts";
import { tensor } from "../tensor/creation.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import fixture from "./fixtures/ops/values.json" with { type: "json" };

const TOLERANCE = 1e-12;

interface Written {
  readonly shape: number[];
  readonly dtype: string;
  readonly data: number[];
}

interface Case {
  readonly inputs: Written[];
  readonly output: Written;
  readonly gradients: Written[];
}

const OPS: Record<string, (...xs: Tensor[]) => Tensor> = {
  "conv2d": (x, w) => rf.conv2d(x, w),
  "conv2d padding 1": (x, w) => rf.conv2d(x, w, { padding: 1 }),
  "conv2d bias": (x, w, bias) => rf.conv2d(x, w, { bias }),
  "conv2d stride 2": (x, w) => rf.conv2d(x, w, { stride: 2, padding: 1 }),
  "conv2d rectangular": (x, w) =>
    rf.conv2d(x, w, { stride: [2, 1], padding: [1, 2], dilation: [3, 2] }),
  "conv2d 1x1": (x, w) => rf.conv2d(x, w, { stride: 2 }),
  "conv2d padding 4": (x, w) => rf.conv2d(x, w, { padding: 4 }),
  "conv2dInput": (g, w) => rf.conv2dInput(g, w, [1, 3, 6, 5], { stride: 2, padding: 1 }),
  "conv2dWeight": (x, g) => rf.conv2dWeight(x, g, [2, 3, 3, 3], { stride: 2, padding: 1 }),
  "maxPool2d": (x) => rf.maxPool2d(x, 2),
  "maxPool2d ties": (x) => rf.maxPool2d(x, 2),
  "maxPool2d padding": (x) => rf.maxPool2d(x, 3, { stride: 2, padding: 1 }),
  "maxPool2d dilation": (x) =>
    rf.maxPool2d(x, [2, 3], { stride: [1, 2], padding: [1, 0], dilation: [3, 2] }),
  "avgPool2d": (x) => rf.avgPool2d(x, 2),
  "avgPool2d padding": (x) => rf.avgPool2d(x, [3, 2], { stride: [2, 3], padding: 1 }),
  "adaptiveAvgPool2d": (x) => rf.adaptiveAvgPool2d(x, [3, 4]),
  "adaptiveAvgPool2d larger": (x) => rf.adaptiveAvgPool2d(x, [5, 3]),
  "matmul": rf.matmul,
  "linear": rf.linear,
  "sum": (x) => rf.sum(x, [0, 2]),
  "mean": (x) => rf.mean(x, 1, true),
  "variance": (x) => rf.variance(x, [0, 2]),
  "variance biased": (x) => rf.variance(x, 1, { keepdim: true, correction: 0 }),
  "max": (x) => rf.max(x, 1),
  "min": (x) => rf.min(x, 0),
  "softmax": (x) => rf.softmax(x),
  "softmax far": (x) => rf.softmax(x),
  "logSoftmax": (x) => rf.logSoftmax(x, 1),
  "crossEntropy": rf.crossEntropy,
  "bceWithLogits": rf.bceWithLogits,
  "bceWithLogits right": rf.bceWithLogits,
  "bceWithLogits wrong": rf.bceWithLogits,
  "mse": rf.mse,
  "batchNorm": (x, w, b) => rf.batchNorm(x, w, b, 1e-3).output,
  "relu": rf.relu,
  "abs": rf.abs,
  "clip": (x) => rf.clip(x, -0.5, 0.5),
  "sigmoid": rf.sigmoid,
  "tanh": rf.tanh,
  "softplus": rf.softplus,
  "exp": rf.exp,
  "log": rf.log,
  "sqrt": rf.sqrt,
  "sin": rf.sin,
  "cos": rf.cos,
  "pow": (x) => rf.pow(x, -1.7),
  "pow of a negative": (x) => rf.pow(x, 3),
  "div": rf.div,
  "where": (m, x, y) => rf.where(m, x, y),
  "gather": (x, index) => rf.gather(x, index, 1),
  "scatterAdd": (x, index) => rf.scatterAdd(x, index, 0, [3, 2]),
  "cat": (x, y) => rf.cat([x, y], 1),
  "stack": (x, y) => rf.stack([x, y], 1),
  "permute": (x) => rf.permute(x, [2, 0, 1]),
  "avgPool2d of tiles": (x) => rf.avgPool2d(x, [2, 3]),
  "adaptiveAvgPool2d of tiles": (x) => rf.adaptiveAvgPool2d(x, [2, 3]),
  "batchNormRelu": (x, w, b) => rf.batchNormRelu(x, w, b, 1e-3).output,
};

const CASES: Record<string, Case> = fixture;

Deno.test("each case that PyTorch wrote is compared", () => {
  deepEqual(Object.keys(CASES), Object.keys(OPS));
});

for (const [name, { inputs, output, gradients }] of Object.entries(CASES)) {
  Deno.test(`${name} and its gradient equal PyTorch's`, () => {
    scope(() => {
      const xs = inputs.map(read);
      const run = (variables: Tensor[]) => {
        let next = 0;
        return OPS[name](...xs.map((x) => x.dtype === "int32" ? x : variables[next++]));
      };
      const variables = xs.filter(({ dtype }) => dtype !== "int32");
      const cotangent = tensor(output.data.map((_, i) => Math.cos(i)), output.shape, {
        dtype: "float64",
      });
      compare(run(variables), output);
      const found = rf.grad((ys: Tensor[]) => rf.sum(rf.mul(run(ys), cotangent)))(variables);
      found.forEach((gradient, i) => compare(gradient, gradients[i]));
    });
  });
}

function read({ shape, dtype, data }: Written): Tensor {
  return tensor(data, shape, { dtype: dtype === "int32" ? "int32" : "float64" });
}

/** Deviations count relative to the tensor's largest value. */
function compare(actual: Tensor, wanted: Written): void {
  deepEqual(actual.shape, wanted.shape);
  const largest = Math.max(1, ...wanted.data.map(Math.abs));
  actual.dataSync().forEach((value, i) => {
    const deviation = Math.abs(value - wanted.data[i]) / largest;
    ok(deviation <= TOLERANCE, `element ${i}: wanted ${wanted.data[i]}, got ${value}`);
  });
}

Deno.test("bceWithLogits keeps its digits in float32 where the loss is small", () => {
  for (const logit of [5, 10, 20, 40]) {
    const loss = rf.bceWithLogits(tensor([logit, -logit]), tensor([1, 0])).dataSync()[0];
    const wanted = Math.log1p(Math.exp(-logit));
    ok(Math.abs(loss / wanted - 1) < 1e-6, `logit ${logit}: wanted ${wanted}, got ${loss}`);
  }
});
