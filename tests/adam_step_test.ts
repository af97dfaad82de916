/** A step of Adam in one pass against the differentiable ops that it replaces. */

import { deepEqual, equal, throws } from "node:assert/strict";
import {
  adam,
  adamW,
  dot,
  gradcheck,
  init,
  leaves,
  normal,
  type Optimizer,
  randomKey,
  scope,
  type Tensor,
  tensor,
  uniform,
  valueAndGrad,
} from "../mod.ts";
import type { AdamState } from "../nn/optimizers/adam.ts";
import type { Device, DType, HostArray, Kernels } from "../tensor/device.ts";
import { deviceNamed } from "../tensor/devices.ts";
import { jsDevice } from "../tensor/js/device.ts";
import { adamKernels } from "../tensor/wasm/adam.ts";
import type { Layout } from "../tensor/wasm/buffer.ts";
import { CHUNK } from "../tensor/wasm/elementwise/flat.ts";
import { closeTo, normal as normalOperand, operand } from "./host_operands.ts";
import { checkAllFreed, numbersOf, placed, testMachine } from "./wasm_operands.ts";

const OPTIMIZERS: Record<string, Optimizer<AdamState>> = {
  "adam": adam({ lr: 0.03, betas: [0.7, 0.9], epsilon: 1e-3 }),
  "adam, weight decay": adam({ lr: 0.03, weightDecay: 0.2 }),
  "adamW": adamW({ lr: 0.03, weightDecay: 0.2 }),
};

const STEPS_BEFORE = 2;

/** What an update is a function of: weight, gradient, mean and variance. */
type Four = [Tensor, Tensor, Tensor, Tensor];

function drawn(shape: number[], place: { dtype: DType; device: Device }): Four {
  const [weight, gradient, mean] = [1, 2, 3].map((n) => normal(randomKey(n), shape, place));
  return [weight, gradient, mean, uniform(randomKey(4), shape, place)];
}

/** The new weight, mean and variance. */
function update(
  optimizer: Optimizer<AdamState>,
  [weight, gradient, mean, variance]: readonly Tensor[],
): [Tensor, Tensor, Tensor] {
  const state = { step: STEPS_BEFORE, mean: [mean], variance: [variance] };
  const [[moved], next] = optimizer.update([weight], [gradient], state);
  const [newMean, newVariance] = leaves([next.mean, next.variance]);
  return [moved, newMean, newVariance];
}

/** The same while a tape watches one of the four. */
function updateWatched(optimizer: Optimizer<AdamState>, four: Four, watched: number) {
  const watchedUpdate = (x: Tensor): [Tensor, Tensor[]] => {
    const moved = update(optimizer, four.with(watched, x));
    return [dot(moved, moved), moved];
  };
  const [[, moved]] = valueAndGrad(watchedUpdate)(four[watched]);
  return moved;
}

let passes = 0;
const kernels: Kernels<HostArray> = {
  ...jsDevice.kernels,
  adam: (...args) => {
    passes++;
    return jsDevice.kernels.adam(...args);
  },
};
const counting: Device<HostArray> = { ...jsDevice, kernels };

for (const [name, optimizer] of Object.entries(OPTIMIZERS)) {
  Deno.test(`${name}: one pass in float64 gives the bits of differentiable ops`, () => {
    scope(() => {
      const four = drawn([5, 7], { dtype: "float64", device: counting });
      passes = 0;
      const moved = update(optimizer, four).map((x) => x.dataSync());
      equal(passes, 1);
      for (let watched = 0; watched < four.length; watched++) {
        const wanted = updateWatched(optimizer, four, watched);
        equal(passes, 1, "a watched update must be made of ops");
        deepEqual(moved, wanted.map((x) => x.dataSync()));
      }
    });
  });

  Deno.test(`${name}: one pass on wasm gives the bits of differentiable ops`, async () => {
    await init("wasm");
    scope(() => {
      for (const shape of [[], [3], [0, 4], [33], [6, 5, 3, 3], [CHUNK + 5]]) {
        const four = drawn(shape, { dtype: "float32", device: deviceNamed("wasm") });
        deepEqual(
          update(optimizer, four).map((x) => x.dataSync()),
          updateWatched(optimizer, four, 0).map((x) => x.dataSync()),
        );
      }
    });
    await init("js");
  });

  Deno.test(`${name}: derivatives of an update are right, orders 1 and 2`, () => {
    scope(() => {
      const four = drawn([2, 3], { dtype: "float64", device: jsDevice });
      // Differences are taken of the one pass, derivatives of the ops.
      gradcheck((...four) => update(optimizer, four), four, { order: 2 });
    });
  });
}

const STEP = { stepSize: 0.05, beta1: 0.8, beta2: 0.95, deviationCorrection: 0.3, epsilon: 1e-4 };

Deno.test("the wasm kernel agrees with js in any layout, and frees its copies", () => {
  const machine = testMachine({ wide: true });
  const shape = [3, 5, 2, 7];
  const [weight, gradient, mean] = [1, 2, 3].map((seed) => normalOperand(shape, seed, "float32"));
  const variance = operand(shape, normalOperand(shape, 4).buffer.map(Math.abs), "float32");
  const four = [weight, gradient, mean, variance] as const;
  const wanted = jsDevice.kernels.adam(...four, STEP);
  for (let last = 0; last < 2 ** 4; last++) {
    const layoutOf = (i: number): Layout => (last >> i) % 2 === 1 ? "channelsLast" : "rowMajor";
    const [w, g, m, v] = four.map((x, i) => placed(machine, x, layoutOf(i)));
    const found = adamKernels(machine).adam(w, g, m, v, STEP);
    for (const part of ["weight", "mean", "variance"] as const) {
      const numbers = Float32Array.from(numbersOf(machine, found[part], shape));
      closeTo(numbers, wanted[part], 4 * 2 ** -24);
      machine.free(found[part]);
    }
    for (const { buffer } of [w, g, m, v]) machine.free(buffer);
    checkAllFreed(machine);
  }
});

Deno.test("Adam refuses int32 parameters, and gradients of another dtype", () => {
  const optimizer = adam();
  const whole = tensor([1], [1], { dtype: "int32" });
  const single = tensor([1]);
  const double = tensor([1], [1], { dtype: "float64" });
  throws(() => optimizer.update([whole], [whole], optimizer.init([whole])), {
    name: "TypeError",
    message: 'Cannot optimise an int32 tensor: convert it with cast(x, "float32")',
  });
  throws(() => optimizer.update([single], [double], optimizer.init([single])), TypeError);
});
