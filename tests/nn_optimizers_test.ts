/** Optimisers and clipping against PyTorch in float64, and their purity. */

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  adam,
  adamW,
  add,
  clipGradNorm,
  grad,
  leaves,
  mapTree,
  memory,
  type Optimizer,
  type OptimizerState,
  pow,
  schedules,
  scope,
  sgd,
  sub,
  type Tensor,
  tensor,
  zeros,
} from "../mod.ts";
import torch from "./fixtures/nn/optimizers.json" with { type: "json" };
import { close } from "./nn_close.ts";

type Params = { readonly weight: Tensor; readonly bias: Tensor };

const OPTIMIZERS: Record<keyof typeof torch.runs, Optimizer<OptimizerState>> = {
  "sgd": sgd({ lr: 0.1 }),
  "sgd, weight decay": sgd({ lr: 0.1, weightDecay: 0.2 }),
  "sgd, momentum": sgd({ lr: 0.05, momentum: 0.9 }),
  "sgd, dampening": sgd({ lr: 0.05, momentum: 0.8, dampening: 0.3, weightDecay: 0.1 }),
  "sgd, nesterov": sgd({ lr: 0.05, momentum: 0.7, nesterov: true, weightDecay: 0.1 }),
  "adam": adam(),
  "adam, large epsilon": adam({ lr: 0.05, betas: [0.5, 0.9], epsilon: 0.1 }),
  "adam, weight decay": adam({ lr: 0.02, weightDecay: 0.3 }),
  "adamW": adamW(),
  "adamW, weight decay": adamW({ lr: 0.05, betas: [0.8, 0.99], epsilon: 1e-3, weightDecay: 0.5 }),
};

function start(): Params {
  return {
    weight: tensor(torch.start.weight, undefined, { dtype: "float64" }),
    bias: tensor(torch.start.bias, undefined, { dtype: "float64" }),
  };
}

/** The gradient of the fixture's update `t`. */
function gradientAt(params: Params, t: number): Params {
  return mapTree(params, (p) => add(sub(pow(p, 3), p), 0.05 * t));
}

function closeTo(params: Params, expected: typeof torch.start, what: string): void {
  close(params.weight, expected.weight, 1e-12, `${what} weight`);
  close(params.bias, expected.bias, 1e-12, `${what} bias`);
}

function checkRun(
  name: string,
  optimizer: Optimizer<OptimizerState>,
  expected: { first: typeof torch.start; last: typeof torch.start },
): void {
  let params = start();
  let state = optimizer.init(params);
  for (let t = 0; t < torch.updates; t++) {
    [params, state] = optimizer.update(params, gradientAt(params, t), state);
    equal(state.step, t + 1);
    if (t === 0) closeTo(params, expected.first, `${name}, first`);
  }
  closeTo(params, expected.last, `${name}, last`);
}

for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
  Deno.test(`${name}: 20 updates equal PyTorch's to 1e-12`, () => {
    checkRun(name, optimizer, torch.runs[name as keyof typeof torch.runs]);
  });
}

Deno.test("a schedule gives the rate of each update, and a rate given to update goes before it", () => {
  const lr = schedules.stepDecay(0.1, { stepSize: 3, gamma: 0.5 });
  checkRun("adam with a schedule", adam({ lr }), torch.scheduled);

  const optimizer = sgd({ lr });
  const [params] = optimizer.update([tensor(1)], [tensor(2)], optimizer.init([tensor(1)]), 0.25);
  deepEqual([...params[0].dataSync()], [0.5]);
});

Deno.test("an update leaves its arguments alone and keeps nothing but its results", () => {
  for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
    scope(() => {
      const params = start();
      const gradients = gradientAt(params, 0);
      const state = optimizer.init(params);
      const numbers = () => leaves([params, gradients, state]).map((x) => [...x.dataSync()]);
      const before = numbers();
      const held = memory().tensors;
      const [moved, next] = optimizer.update(params, gradients, state);
      equal(memory().tensors - held, leaves([moved, next]).length, name);
      deepEqual(numbers(), before, name);
      for (const x of leaves([params, gradients, state])) x.dispose();
      ok(leaves([moved, next]).every((x) => !x.disposed && x.dataSync()), name);
    });
  }
});

Deno.test("updates go on from a state that was written down and read again", () => {
  const optimizer = adam({ lr: 0.05 });
  const params = start();
  const [first, state] = optimizer.update(params, gradientAt(params, 0), optimizer.init(params));
  const copy = (x: Tensor) => tensor(x.dataSync(), x.shape);
  const restored = {
    step: JSON.parse(JSON.stringify(state.step)),
    mean: mapTree(state.mean, copy),
    variance: mapTree(state.variance, copy),
  };
  const [straight] = optimizer.update(first, gradientAt(first, 1), state);
  const [resumed] = optimizer.update(mapTree(first, copy), gradientAt(first, 1), restored);
  deepEqual([...resumed.weight.dataSync()], [...straight.weight.dataSync()]);
});

Deno.test("a step of SGD can be differentiated", () => {
  const optimizer = sgd({ lr: 0.1 });
  const start = tensor(3, [], { dtype: "float64" });
  const afterStep = (w: Tensor) => {
    const gradient = grad((v: Tensor) => pow(v, 3))(w);
    return optimizer.update(w, gradient, optimizer.init(w))[0];
  };
  // d/dw (w − 0.1 · 3w²) = 1 − 0.6 w
  close(grad(afterStep)(start), 1 - 0.6 * 3, 1e-14, "derivative of a step");
});

Deno.test("gradients are clipped by their common norm as in PyTorch", () => {
  for (const [maxNorm, expected] of Object.entries(torch.clipped)) {
    const [clipped, norm] = clipGradNorm(start(), Number(maxNorm));
    close(norm, expected.norm, 1e-12, "norm");
    closeTo(clipped, expected.grads, `clipped to ${maxNorm}`);
  }
});

Deno.test("clipping keeps no temporaries, and zero gradients stay zero", () => {
  const gradients = [zeros([3])];
  const held = memory().tensors;
  const [[clipped], norm] = clipGradNorm(gradients, 1);
  equal(memory().tensors - held, 2);
  deepEqual([...clipped.dataSync(), ...norm.dataSync()], [0, 0, 0, 0]);
});

Deno.test("optimisers refuse options out of range", () => {
  throws(() => sgd({ lr: -1 }), {
    name: "RangeError",
    message: "Cannot optimise with lr -1: it must be a finite number from 0 up",
  });
  throws(() => sgd({ lr: 1, momentum: NaN }), RangeError);
  throws(() => sgd({ lr: 1, nesterov: true }), RangeError);
  throws(() => sgd({ lr: 1, nesterov: true, momentum: 0.9, dampening: 0.1 }), RangeError);
  throws(() => sgd({ lr: 1, weightDecay: -1 }), RangeError);
  throws(() => adam({ betas: [1, 0.9] }), RangeError);
  throws(() => adam({ betas: [0.9, -0.1] }), RangeError);
  throws(() => adam({ epsilon: -1 }), RangeError);
  throws(() => adamW({ weightDecay: Infinity }), RangeError);
  throws(() => clipGradNorm([tensor(1)], 0), RangeError);
  const scheduled = adam({ lr: () => NaN });
  throws(() => scheduled.update([tensor(1)], [tensor(1)], scheduled.init([tensor(1)])), RangeError);
});

Deno.test("optimisers refuse gradients and states that do not fit the parameters", () => {
  const params = { a: zeros([2, 3]), b: zeros([3]) };
  const good = { a: zeros([2, 3]), b: zeros([3]) };
  const optimizers: Optimizer<OptimizerState>[] = [sgd({ lr: 1, momentum: 0.5 }), adam(), adamW()];
  for (const optimizer of optimizers) {
    const state = optimizer.init(params);
    throws(() => optimizer.update(params, { a: zeros([3]), b: zeros([3]) }, state), {
      name: "TypeError",
      message: 'Cannot update parameter "a" of shape [2,3]: the gradient at its place must be ' +
        'the same, got "a" of shape [3]',
    });
    throws(() => optimizer.update(params, { a: zeros([2, 3]) }, state), TypeError);
    throws(() => optimizer.update(params, { a: zeros([2, 3]), c: zeros([3]) }, state), TypeError);
    const other = optimizer.init({ a: zeros([2, 3]), b: zeros([1]) });
    throws(() => optimizer.update(params, good, other), TypeError);
  }
});
