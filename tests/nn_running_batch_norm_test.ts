/**
 * Batch normalisation with running statistics, alone, with a ReLU and within a convolution; its
 * numbers are checked in nn_layers_test.ts too.
 */

import { deepEqual, equal, throws } from "node:assert/strict";
import {
  add,
  batchNorm,
  conv2d,
  dot,
  foldIn,
  fuseConvBatchNorm,
  grad,
  gradcheck,
  leaves,
  mul,
  normal,
  ones,
  randomKey,
  relu,
  runningBatchNorm,
  runningBatchNormRelu,
  sum,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import { close } from "./nn_close.ts";

const key = randomKey(11);
const f64 = { dtype: "float64" } as const;
const draw = (name: string, shape: number[]) => normal(foldIn(key, name), shape, f64);

const x = draw("x", [3, 2, 2, 2]);
const params = { weight: draw("weight", [2]), bias: draw("bias", [2]) };
const running = {
  running_mean: draw("mean", [2]),
  running_var: tensor([0.5, 2], [2], f64),
};

Deno.test("in training the output is batchNorm's and the running statistics move by momentum", () => {
  const own = batchNorm(x, params.weight, params.bias, 0.01);
  for (const momentum of [0, 0.25, 1]) {
    const [y, moved] = runningBatchNorm(x, params, running, {
      training: true,
      momentum,
      epsilon: 0.01,
    });
    deepEqual([...y.dataSync()], [...own.output.dataSync()]);
    const between = (before: Tensor, batch: Tensor, factor: number) =>
      [...before.dataSync()].map((b, i) =>
        (1 - momentum) * b + momentum * factor * batch.dataSync()[i]
      );
    close(moved.running_mean, between(running.running_mean, own.mean, 1), 1e-15, "mean");
    close(
      moved.running_var,
      between(running.running_var, own.variance, 12 / 11),
      1e-15,
      "variance",
    );
  }
});

Deno.test("momentum is 0.1 and epsilon 1e-5 unless told", () => {
  const told = { momentum: 0.1, epsilon: 1e-5 };
  for (const training of [true, false]) {
    const [y, moved] = runningBatchNorm(x, params, running, { training });
    const [same, movedSame] = runningBatchNorm(x, params, running, { training, ...told });
    deepEqual([...y.dataSync()], [...same.dataSync()]);
    deepEqual([...moved.running_var.dataSync()], [...movedSame.running_var.dataSync()]);
  }
});

Deno.test("in scoring it normalises by the running statistics and returns them as they are", () => {
  const [y, after] = runningBatchNorm(x, params, running, { training: false, epsilon: 0.01 });
  equal(after, running);
  const numbers = (t: Tensor) => [...t.dataSync()];
  const [mean, variance] = [numbers(running.running_mean), numbers(running.running_var)];
  const [weight, bias] = [numbers(params.weight), numbers(params.bias)];
  const wanted = numbers(x).map((value, i) => {
    const c = Math.floor(i / 4) % 2;
    return weight[c] * (value - mean[c]) / Math.sqrt(variance[c] + 0.01) + bias[c];
  });
  close(y, wanted, 1e-14, "output");
});

Deno.test("both ways are differentiable to the third order in x, weight and bias", () => {
  for (const training of [true, false]) {
    gradcheck(
      (x, weight, bias) => runningBatchNorm(x, { weight, bias }, running, { training })[0],
      [x, params.weight, params.bias],
      { order: 3 },
    );
  }
});

Deno.test("with a ReLU it is relu of what it is without, values, statistics and gradients", () => {
  const inputs = { x, ...params };
  const g = draw("g", [3, 2, 2, 2]);
  for (const training of [true, false]) {
    const mode = { training, momentum: 0.3, epsilon: 0.01 };
    const fused = runningBatchNormRelu(x, params, running, mode);
    const [normalized, moved] = runningBatchNorm(x, params, running, mode);
    deepEqual([...fused[0].dataSync()], [...relu(normalized).dataSync()]);
    deepEqual([...fused[1].running_mean.dataSync()], [...moved.running_mean.dataSync()]);
    deepEqual([...fused[1].running_var.dataSync()], [...moved.running_var.dataSync()]);
    const gradientsOf = (norm: (v: typeof inputs) => Tensor) =>
      grad((v: typeof inputs) => dot(norm(v), g))(inputs);
    const gradients = gradientsOf((v) => runningBatchNormRelu(v.x, v, running, mode)[0]);
    const wanted = gradientsOf((v) => relu(runningBatchNorm(v.x, v, running, mode)[0]));
    for (const name of ["x", "weight", "bias"] as const) {
      close(gradients[name], [...wanted[name].dataSync()], 1e-13, name);
    }
  }
});

Deno.test("fused into a convolution it gives what it gives behind one, and its gradients", () => {
  const weight = draw("filters", [2, 2, 2, 1]);
  const g = draw("g", [3, 2, 1, 2]);
  const mode = { training: false, epsilon: 0.01 };
  type Inputs = {
    conv: { weight: Tensor; bias: Tensor } | { weight: Tensor };
    norm: typeof params;
  };
  const behind = ({ conv, norm }: Inputs) =>
    runningBatchNorm(
      conv2d(x, conv.weight, { bias: "bias" in conv ? conv.bias : undefined }),
      norm,
      running,
      mode,
    )[0];
  const fused = ({ conv, norm }: Inputs) => {
    const { weight, bias } = fuseConvBatchNorm(conv, norm, running, 0.01);
    return conv2d(x, weight, { bias });
  };
  for (const conv of [{ weight, bias: draw("offsets", [2]) }, { weight }]) {
    const inputs = { conv, norm: params };
    close(fused(inputs), [...behind(inputs).dataSync()], 1e-14, "output");
    const gradients = leaves(grad((v: Inputs) => dot(fused(v), g))(inputs));
    const wanted = leaves(grad((v: Inputs) => dot(behind(v), g))(inputs));
    gradients.forEach((gradient, i) =>
      close(gradient, [...wanted[i].dataSync()], 1e-13, `gradient ${i}`)
    );
  }
  throws(() => fuseConvBatchNorm({ weight: draw("filters", [3, 2, 1, 1]) }, params, running), {
    name: "TypeError",
    message: "Cannot fuseConvBatchNorm: the weight must have shape [3], got [2]",
  });
});

Deno.test("no gradient flows to the running statistics, nor through the new ones", () => {
  for (const training of [true, false]) {
    const toRunning = grad((r: typeof running) => {
      const [y, moved] = runningBatchNorm(x, params, r, { training });
      return add(sum(mul(y, y)), training ? sum(moved.running_mean) : 0);
    })(running);
    deepEqual([...toRunning.running_mean.dataSync(), ...toRunning.running_var.dataSync()], [
      0,
      0,
      0,
      0,
    ]);
  }
  const throughNew = grad((x: Tensor) =>
    sum(runningBatchNorm(x, params, running, { training: true })[1].running_var)
  )(x);
  deepEqual(new Set(throughNew.dataSync()), new Set([0]));
});

Deno.test("one value a channel cannot be trained on, as in PyTorch, but can be scored", () => {
  const one = ones([1, 2]);
  const single = { weight: ones([2]), bias: zeros([2]) };
  const stats = { running_mean: zeros([2]), running_var: ones([2]) };
  throws(() => runningBatchNorm(one, single, stats, { training: true }), {
    name: "RangeError",
    message:
      "Cannot runningBatchNorm a tensor of shape [1,2] in training: each channel needs two " +
      "values or more, got 1; use a larger batch or image",
  });
  throws(
    () => runningBatchNormRelu(one, single, stats, { training: true }),
    /^RangeError: Cannot runningBatchNormRelu a tensor of shape \[1,2\] in training/,
  );
  equal(runningBatchNorm(one, single, stats, { training: false })[0].size, 2);
});

Deno.test("shapes that do not fit and momenta out of range are refused", () => {
  const training = true;
  const wrong = { ...running, running_var: zeros([1], f64) };
  throws(() => runningBatchNorm(x, params, wrong, { training }), {
    name: "TypeError",
    message: "Cannot runningBatchNorm: the running variance must have shape [2], got [1]",
  });
  throws(
    () => runningBatchNorm(x, { ...params, bias: zeros([], f64) }, running, { training: false }),
    TypeError,
  );
  throws(() => runningBatchNorm(zeros([2]), params, running, { training }), TypeError);
  throws(() => runningBatchNorm(x, params, running, { training, momentum: 1.5 }), RangeError);
});
