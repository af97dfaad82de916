/** Losses against PyTorch, and their derivatives. */

import { throws } from "node:assert/strict";
import { gradcheck, l1, nll, smoothL1, tensor, valueAndGrad, zeros } from "../mod.ts";
import fixture from "./fixtures/nn/layers.json" with { type: "json" };
import { close } from "./nn_close.ts";

const torch = fixture.losses;
const prediction = tensor(torch.prediction, undefined, { dtype: "float64" });
const target = tensor(torch.target, undefined, { dtype: "float64" });
const classes = tensor(Int32Array.from(torch.classes));

const LOSSES = {
  l1: (x: typeof prediction) => l1(x, target),
  smoothL1: (x: typeof prediction) => smoothL1(x, target, 0.7),
  nll: (x: typeof prediction) => nll(x, classes),
};

for (const [name, loss] of Object.entries(LOSSES)) {
  Deno.test(`${name} and its gradient equal PyTorch's`, () => {
    const expected = torch.results[name as keyof typeof LOSSES];
    const [value, gradient] = valueAndGrad(loss)(prediction);
    close(value, expected.value, 1e-15, "value");
    close(gradient, expected.grad, 1e-15, "gradient");
    gradcheck(loss, [prediction], { order: 3 });
  });
}

Deno.test("losses refuse shapes that do not fit together", () => {
  throws(() => l1(zeros([2]), zeros([3])), {
    name: "TypeError",
    message: "Cannot l1: the target must have shape [2], got [3]",
  });
  throws(() => smoothL1(zeros([2]), zeros([2, 1])), TypeError);
  throws(() => smoothL1(zeros([2]), zeros([2]), 0), RangeError);
  throws(() => nll(zeros([2]), classes), TypeError);
  throws(() => nll(zeros([2, 3]), zeros([2])), TypeError);
});
