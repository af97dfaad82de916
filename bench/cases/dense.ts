/**
 * Matrix products, batch-norm with ReLU, max-pooling and long chains of small ops.
 *
 * @module
 */

import { add, batchNorm, grad, matmul, maxPool2d, mul, relu, sum } from "../../autograd/mod.ts";
import { ones, randomKey, scope, type Tensor, uniform, zeros } from "../../tensor/mod.ts";
import type { Case } from "../case.ts";

const MAP = [10, 32, 64, 64];
const CHAIN = 1000;

const random = (shape: readonly number[], seed: number) => uniform(randomKey(seed), shape);

const MATMULS = [128, 512].map((size): Case => ({
  name: `matmul ${size}³`,
  group: "matmul",
  operations: 2 * size ** 3,
  prepare: () => {
    const [x, y] = [random([size, size], 0), random([size, size], 1)];
    return () => scope(() => void matmul(x, y));
  },
}));

function forwardAndBackward(
  name: string,
  group: Case["group"],
  shape: readonly number[],
  f: (x: Tensor) => Tensor,
): Case {
  return {
    name,
    group,
    prepare: () => {
      const x = random(shape, 0);
      const differentiate = grad((x) => sum(f(x)));
      return () => scope(() => void differentiate(x));
    },
  };
}

/** The cases of this file. */
export const DENSE: readonly Case[] = [
  ...MATMULS,
  forwardAndBackward(
    `batch-norm and ReLU, forward and backward, ${MAP.join("×")}`,
    "norm",
    MAP,
    (x) => relu(batchNorm(x, ones([MAP[1]]), zeros([MAP[1]])).output),
  ),
  forwardAndBackward(
    `max-pool 2, forward and backward, ${MAP.join("×")}`,
    "pool",
    MAP,
    (x) => maxPool2d(x, 2),
  ),
  forwardAndBackward(
    `chain of ${CHAIN} ops on 16 elements, forward and backward`,
    "small-ops",
    [16],
    (x) => {
      let y = x;
      for (let i = 0; i < CHAIN; i += 2) y = add(mul(y, x), 1);
      return y;
    },
  ),
];
