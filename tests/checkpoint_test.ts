/**
 * What checkpoint promises beyond right derivatives (those are rows of the op table): what it keeps,
 * when it runs its function, and what it refuses.
 */

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  add,
  batchNorm,
  checkpoint,
  dropout,
  equal as equalTo,
  exp,
  gather,
  grad,
  mul,
  relu,
  scale,
  sin,
  stopGradient,
  sum,
  valueAndGrad,
} from "../autograd/mod.ts";
import { isWatched } from "../autograd/tape.ts";
import { ones, tensor } from "../tensor/creation.ts";
import type { Device, HostArray } from "../tensor/device.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { randomKey } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import { memory } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { drawInputs, normals } from "./op_inputs.ts";

const [X, W, B] = drawInputs([normals(6, 3), normals(3), normals(3)], "checkpoint", {
  dtype: "float64",
  device: jsDevice,
});

function numbers(x: Tensor): number[] {
  return [...x.dataSync()];
}

/** Sums may be taken in another order: shares that meet inside the function are added up there first. */
function close(actual: Tensor, wanted: Tensor): void {
  const expected = wanted.dataSync();
  deepEqual(actual.shape, wanted.shape);
  actual.dataSync().forEach((value, i) => {
    const limit = 1e-12 * Math.max(1, Math.abs(expected[i]));
    ok(Math.abs(value - expected[i]) <= limit, `${i}: wanted ${expected[i]}, got ${value}`);
  });
}

/** Runs something and checks that no tensor is left of it. */
function leavesNothing(body: () => void): void {
  const before = memory();
  body();
  deepEqual(memory(), before);
}

const block = (x: Tensor) => {
  const { output, mean } = batchNorm(dropout(x, 0.25, randomKey(2)), W, B);
  return [relu(output), mean] as const;
};

Deno.test("values are the same to the last bit, and gradients the same", () => {
  const run = (f: typeof block) => {
    const loss = (x: Tensor): [Tensor, Tensor] => {
      const [y, mean] = f(x);
      return [sum(mul(y, exp(y))), mean];
    };
    const [values, gradient] = valueAndGrad(loss)(X);
    const second = grad((x: Tensor) => sum(mul(grad(loss)(x), x)))(X);
    return { values, gradients: [gradient, second] };
  };
  leavesNothing(() =>
    scope(() => {
      const [actual, wanted] = [run(checkpoint(block)), run(block)];
      deepEqual(actual.values.map(numbers), wanted.values.map(numbers));
      actual.gradients.forEach((g, i) => close(g, wanted.gradients[i]));
    })
  );
});

Deno.test("without a tape it is the function itself, less what that leaves", () => {
  let runs = 0;
  const f = checkpoint((x: Tensor, note: string) => {
    runs++;
    return { y: exp(mul(x, x)), note };
  });
  leavesNothing(() => {
    const { y, note } = f(X, "untouched");
    equal(note, "untouched");
    equal(runs, 1);
    y.dispose();
  });
});

Deno.test("the function runs once more for each sweep that needs it, and for no other", () => {
  let runs = 0;
  const f = checkpoint((x: Tensor) => {
    runs++;
    return exp(sin(x));
  });
  const runsOf = (body: () => void) => {
    runs = 0;
    scope(body);
    return runs;
  };
  equal(runsOf(() => void grad((x) => sum(f(x)))(X)), 2);
  equal(runsOf(() => void grad((x) => (f(x), sum(x)))(X)), 1, "nothing depends on it");
  equal(runsOf(() => void grad((x) => sum(stopGradient(f(x))))(X)), 1, "the gradient is stopped");
  equal(runsOf(() => void grad((w) => sum(mul(f(X), w)))(W)), 1, "it uses nothing watched");
  const inner = grad((x: Tensor) => sum(f(x)));
  equal(runsOf(() => void grad((x) => sum(mul(inner(x), x)))(X)), 3);
});

Deno.test("unneeded gradients are not computed, nor those of unused results", () => {
  const used: string[] = [];
  const kernels = new Proxy(jsDevice.kernels, {
    get(target, name, receiver) {
      used.push(String(name));
      return Reflect.get(target, name, receiver);
    },
  });
  const device: Device<HostArray> = { ...jsDevice, kernels };
  const x = tensor([1, 2], [2], { device });
  const two = checkpoint((x: Tensor) => [exp(x), sin(x)]);
  grad((x) => sum(two(x)[0]))(x);
  ok(!used.includes("cos"), "sin's derivative");
  used.length = 0;
  const product = checkpoint((x: Tensor, y: Tensor) => mul(sin(x), exp(y)));
  grad((y) => sum(product(x, y)))(x);
  ok(!used.includes("cos"), "sin's derivative");
});

Deno.test("only results that depend on what a tape watches are watched", () => {
  grad((x) => {
    const [y, mean, constant] = checkpoint((x: Tensor) => [...block(x), exp(W)])(x);
    ok(isWatched(y));
    ok(!isWatched(mean));
    ok(!isWatched(constant));
    return sum(y);
  })(X);
});

// What closures reach.

Deno.test("a closure's tensors may die before the gradient is taken", () => {
  const index = new Int32Array([2, 0, 1, 1, 0, 2]);
  const loss = (wrap: <T>(f: (x: Tensor) => T) => (x: Tensor) => T) => (x: Tensor) =>
    scope(() => {
      using made = exp(x);
      using mask = equalTo(scale(stopGradient(x), 0), 0);
      using places = tensor(index, [6, 1]);
      const y = wrap((x) => add(mul(gather(x, places, 1), 2), sum(mul(mul(made, mask), x))))(x);
      return sum(mul(y, y));
    });
  leavesNothing(() =>
    scope(() => {
      const wanted = grad(loss((f) => f));
      const got = grad(loss(checkpoint));
      close(got(X), wanted(X));
      const second = (gradient: typeof got) => grad((x: Tensor) => sum(mul(gradient(x), x)))(X);
      close(second(got), second(wanted));
    })
  );
});

Deno.test("a disposed tensor is lent to the function's second run alone", () => {
  let carried = ones([1]);
  const loss = (x: Tensor) => {
    carried = exp(x);
    return sum(checkpoint((x: Tensor) => mul(carried, x))(x));
  };
  leavesNothing(() => grad(loss)(X).dispose());
  throws(() => exp(carried), /has been disposed/);
});

Deno.test("a function may dispose what it is handed", () => {
  leavesNothing(() => {
    const consuming = checkpoint((x: Tensor) => {
      const y = exp(x);
      x.dispose();
      return y;
    });
    using gradient = grad((x) => sum(consuming(scale(x, 2))))(X);
    using wanted = grad((x) => sum(exp(scale(x, 2))))(X);
    deepEqual(numbers(gradient), numbers(wanted));
  });
});

// Memory.

const LENGTH = 1000;
const BLOCKS = 12;
const OPS = 10;

/** The largest number of maps alive at once in a chain of blocks, `order` gradients deep. */
function peak(order: number, wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): number {
  const start = memory().bytes;
  let most = 0;
  const kernels = new Proxy(jsDevice.kernels, {
    get(target, name, receiver) {
      most = Math.max(most, memory().bytes - start);
      return Reflect.get(target, name, receiver);
    },
  });
  const device: Device<HostArray> = { ...jsDevice, kernels };
  scope(() => {
    const x = tensor(new Float32Array(LENGTH).fill(0.5), [LENGTH], { device });
    const ops = wrap((x) => {
      let y = x;
      for (let i = 0; i < OPS; i++) y = sin(y);
      return y;
    });
    let f = (x: Tensor) => {
      let y = x;
      for (let i = 0; i < BLOCKS; i++) y = ops(y);
      return sum(y);
    };
    for (let k = 0; k < order; k++) {
      const below = grad(f);
      f = (x) => k + 1 < order ? sum(below(x)) : below(x);
    }
    f(x);
  });
  return most / (4 * LENGTH);
}

Deno.test("a chain of blocks keeps what goes into each, and one block's own", () => {
  ok(peak(1, (f) => f) > BLOCKS * OPS);
  const most = peak(1, checkpoint);
  ok(most <= BLOCKS + OPS + 4, `${most} maps alive`);
});

Deno.test("so it does at the second order", () => {
  ok(peak(2, (f) => f) > 2 * BLOCKS * OPS);
  const most = peak(2, checkpoint);
  ok(most <= 2 * BLOCKS + 4 * OPS, `${most} maps alive`);
});

// What is refused.

Deno.test("an async function is refused, with a tape and without", () => {
  const f = checkpoint((x: Tensor) => Promise.resolve(exp(x)));
  const refused = {
    name: "TypeError",
    message: "Cannot checkpoint an async function: it returned a Promise; " +
      "await values outside of the function",
  };
  leavesNothing(() => {
    throws(() => f(X), refused);
    throws(() => grad((x) => (f(x), sum(x)))(X), refused);
  });
});

Deno.test("a function that does not repeat itself is refused", () => {
  let runs = 0;
  const growing = checkpoint((x: Tensor) => runs++ === 0 ? [exp(x)] : [exp(x), sum(exp(x))]);
  leavesNothing(() => {
    throws(() => grad((x) => sum(growing(x)[0]))(X), {
      name: "Error",
      message: "Cannot run a checkpointed function again: it returned tensors of shapes [6,3] at " +
        "first and [6,3], [] now; it must do the same each time",
    });
  });
});

Deno.test("an exception in the function leaves nothing behind, at first or again", () => {
  for (const failing of [1, 2, 3]) {
    let runs = 0;
    const f = checkpoint((x: Tensor) => {
      const y = exp(mul(x, W));
      if (++runs === failing) throw new Error("mine");
      return y;
    });
    const loss = (x: Tensor) => sum(f(scale(x, 2)));
    leavesNothing(() => {
      throws(() => grad((x) => sum(mul(grad(loss)(x), x)))(X), /^Error: mine$/);
    });
  }
});
