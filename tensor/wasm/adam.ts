/**
 * One step of Adam, four tensors read and three written in one pass.
 *
 * @module
 */

import { f32, f32x4, v128, type Value } from "./assembler/mod.ts";
import type { AdamStep, Kernels } from "../device.ts";
import { sizeOf } from "../shape.ts";
import type { WasmBuffer, WasmOperand } from "./buffer.ts";
import { CHUNK, elementAt, moveOn } from "./elementwise/flat.ts";
import { kernel } from "./kernel.ts";
import { withLayout } from "./layout.ts";
import type { Machine } from "./machine.ts";

/** Rounds as the ops do that it replaces, so that the results are theirs to the last bit. */
const ADAM = kernel(
  "adam",
  {
    newWeight: "heap",
    newMean: "heap",
    newVariance: "heap",
    weight: "heap",
    gradient: "heap",
    mean: "heap",
    variance: "heap",
    count: "i32",
    stepSize: "f64",
    beta1: "f64",
    freshness1: "f64",
    beta2: "f64",
    freshness2: "f64",
    perDeviation: "f64",
    epsilon: "f64",
  },
  (k, { count, task, ...args }) => {
    const four = (number: Value<"f64">) => k.let(f32x4.splat(f32.demoteF64(number)));
    const stepSize = four(args.stepSize);
    const [beta1, freshness1] = [four(args.beta1), four(args.freshness1)];
    const [beta2, freshness2] = [four(args.beta2), four(args.freshness2)];
    const perDeviation = four(args.perDeviation);
    const epsilon = four(args.epsilon);
    const one = k.let(f32x4.const(1));

    const first = k.let(task.times(CHUNK));
    const from = (base: Value<"heap">) => k.let(elementAt(base, first));
    const newWeight = from(args.newWeight);
    const newMean = from(args.newMean);
    const newVariance = from(args.newVariance);
    const weight = from(args.weight);
    const gradient = from(args.gradient);
    const mean = from(args.mean);
    const variance = from(args.variance);

    const left = k.let(count.minus(first));
    k.repeat(left.atMost(CHUNK).plus(3).dividedBy(4), () => {
      const g = k.let(v128.load(gradient));
      const m = k.let(
        f32x4.add(f32x4.mul(v128.load(mean), beta1), f32x4.mul(g, freshness1)),
      );
      const v = k.let(
        f32x4.add(f32x4.mul(v128.load(variance), beta2), f32x4.mul(f32x4.mul(g, g), freshness2)),
      );
      const deviation = f32x4.add(f32x4.mul(f32x4.sqrt(v), perDeviation), epsilon);
      const descent = f32x4.mul(f32x4.mul(m, f32x4.div(one, deviation)), stepSize);
      k.store(newMean, m);
      k.store(newVariance, v);
      k.store(newWeight, f32x4.sub(v128.load(weight), descent));
      moveOn(k, [newWeight, newMean, newVariance, weight, gradient, mean, variance], 16);
    });
  },
);

/** The kernel of a step of Adam, of a machine. */
export function adamKernels(machine: Machine): Pick<Kernels<WasmBuffer>, "adam"> {
  return {
    adam: (weight, gradient, mean, variance, step) =>
      withRowMajor(machine, [weight, gradient, mean, variance], (addresses) => {
        const size = sizeOf(weight.shape);
        const moved = {
          weight: machine.allocate(weight.shape),
          mean: machine.allocate(weight.shape),
          variance: machine.allocate(weight.shape),
        };
        const results = [moved.weight.address, moved.mean.address, moved.variance.address];
        const args = [...results, ...addresses, size, ...factorsOf(step)];
        machine.run(ADAM, Math.ceil(size / CHUNK), args);
        return moved;
      }),
  };
}

function factorsOf({ stepSize, beta1, beta2, deviationCorrection, epsilon }: AdamStep): number[] {
  return [stepSize, beta1, 1 - beta1, beta2, 1 - beta2, 1 / deviationCorrection, epsilon];
}

function withRowMajor<R>(
  machine: Machine,
  [first, ...others]: readonly WasmOperand[],
  run: (addresses: readonly number[]) => R,
): R {
  return withLayout(
    machine,
    first,
    "rowMajor",
    ({ address }) =>
      others.length === 0
        ? run([address])
        : withRowMajor(machine, others, (addresses) => run([address, ...addresses])),
  );
}
