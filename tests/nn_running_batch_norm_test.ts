/** Batch normalisation with running statistics; its numbers are checked in nn_layers_test.ts too. */

import { deepEqual, equal, throws } from "node:assert/strict";
import {
  add,
  batchNorm,
  foldIn,
  grad,
  gradcheck,
  mul,
  normal,
  ones,
  randomKey,
  runningBatchNorm,
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
