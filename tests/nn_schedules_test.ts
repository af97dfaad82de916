/** Schedules against PyTorch's schedulers. */

import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { type Schedule, schedules } from "../mod.ts";
import torch from "./fixtures/nn/optimizers.json" with { type: "json" };

const { rates } = torch;

const SCHEDULES: Record<keyof typeof rates, Schedule> = {
  stepDecay: schedules.stepDecay(0.1, { stepSize: 5, gamma: 0.3 }),
  multiStep: schedules.multiStep(0.1, { milestones: [20, 7, 3, 7], gamma: 0.5 }),
  exponential: schedules.exponential(0.1, { gamma: 0.9 }),
  cosineAnnealing: schedules.cosineAnnealing(0.1, { steps: 23, minimum: 0.02 }),
  linearWarmup: schedules.linearWarmup(0.1, { steps: 8, startFactor: 0.2 }),
  warmCosine: schedules.linearWarmup(
    schedules.cosineAnnealing(0.1, { steps: 18, minimum: 0.01 }),
    { steps: 5, startFactor: 0.25 },
  ),
};

for (const [name, schedule] of Object.entries(SCHEDULES)) {
  Deno.test(`${name} equals PyTorch's rates`, () => {
    rates[name as keyof typeof rates].forEach((wanted, step) => {
      const got = schedule(step);
      ok(Math.abs(got - wanted) <= 1e-14, `step ${step}: ${got}, wanted ${wanted}`);
    });
  });
}

Deno.test("a constant schedule is constant, and a cosine stays at its minimum", () => {
  deepEqual([0, 1, 9].map(schedules.constant(0.3)), [0.3, 0.3, 0.3]);
  const cosine = schedules.cosineAnnealing(1, { steps: 4, minimum: 0.25 });
  deepEqual([4, 5, 100].map(cosine), [0.25, 0.25, 0.25]);
});

Deno.test("a warm-up has PyTorch's start factor of a third unless told", () => {
  equal(schedules.linearWarmup(3, { steps: 4 })(0), 1);
});

Deno.test("schedules refuse numbers out of range", () => {
  throws(() => schedules.constant(-1), {
    name: "RangeError",
    message: "Cannot schedule with lr -1: it must be a finite number from 0 up",
  });
  throws(() => schedules.stepDecay(1, { stepSize: 0 }), RangeError);
  throws(() => schedules.stepDecay(1, { stepSize: 2, gamma: NaN }), RangeError);
  throws(() => schedules.multiStep(1, { milestones: [1.5] }), RangeError);
  throws(() => schedules.exponential(1, { gamma: -0.5 }), RangeError);
  throws(() => schedules.cosineAnnealing(1, { steps: 0 }), RangeError);
  throws(() => schedules.cosineAnnealing(1, { steps: 5, minimum: -1 }), RangeError);
  throws(() => schedules.linearWarmup(1, { steps: -1 }), RangeError);
  throws(() => schedules.linearWarmup(1, { steps: 1, startFactor: Infinity }), RangeError);
});
