/**
 * Proving derivatives: each order against finite differences of the one below.
 *
 * @module
 */

import { normal } from "../tensor/creation.ts";
import { foldIn, type RandomKey, randomKey } from "../tensor/random.ts";
import { scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leaves, mapTree, type Tree, zipTrees } from "../tensor/tree.ts";
import { add } from "./ops/add.ts";
import { scale } from "./ops/scale.ts";
import { grad } from "./grad.ts";
import { dot } from "./products.ts";

/** How far and how strictly {@linkcode gradcheck} looks. */
export interface GradcheckOptions {
  /** The highest order of derivative to check; 1 unless told. */
  readonly order?: number;
  /** The largest deviation allowed, relative to the larger of 1 and the derivative; 1e-7 unless told. */
  readonly tolerance?: number;
  /** The step of the finite differences; 1e-3 unless told. */
  readonly step?: number;
  /** The seed of the random directions; 0 unless told. */
  readonly seed?: number;
}

/** What {@linkcode gradcheck} found at one order. */
export interface GradcheckReport {
  /** 1 for the gradient, 2 for its gradient, and so on. */
  readonly order: number;
  /** The tape's directional derivative. */
  readonly derivative: number;
  /** The central difference. */
  readonly difference: number;
  /** |derivative − difference| / max(1, |difference|). */
  readonly deviation: number;
}

/** Weights of the central difference of sixth order, for steps 1, 2 and 3. */
const STENCIL = [45 / 60, -9 / 60, 1 / 60];

/**
 * Checks the derivatives of a function of float64 tensors against finite differences, order by order.
 *
 * The function's result is projected on a random tensor that is an input too, so that the gradient
 * with respect to the incoming gradient is part of the check. Order k compares the derivative, in a
 * random direction, of the derivative of order k − 1 with its central difference of sixth order.
 * Choose `xs` away from kinks, by more than three steps.
 *
 * @throws {TypeError} if an input is not float64: in float32 finite differences prove nothing.
 * @throws {Error} if an order deviates by more than the tolerance.
 * @example
 * ```ts
 * import { gradcheck, mul, sin, tensor } from "../mod.ts";
 *
 * gradcheck((x) => mul(x, sin(x)), [tensor([0.5, 1.5], [2], { dtype: "float64" })], { order: 3 });
 * ```
 */
export function gradcheck(
  f: (...xs: Tensor[]) => Tree,
  xs: readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckReport[] {
  const { order = 1, tolerance = 1e-7, step = 1e-3, seed = 0 } = options;
  for (const x of xs) {
    if (x.dtype !== "float64") {
      throw new TypeError(
        `Cannot gradcheck with a ${x.dtype} input: finite differences prove something in float64 only`,
      );
    }
  }
  return scope(() => {
    const key = randomKey(seed);
    const inputs = [...xs, ...leaves(randomLike(f(...xs), foldIn(key, 0)))];
    let scalar = (all: Tensor[]) => dot(f(...all.slice(0, xs.length)), all.slice(xs.length));
    return Array.from({ length: order }, (_, below) => {
      const direction = randomLike(inputs, foldIn(key, below + 1));
      const lower = scalar;
      scalar = (all) => dot(grad(lower)(all), direction);
      const report = compare(below + 1, scalar, lower, inputs, direction, step);
      if (!(report.deviation <= tolerance)) throw failure(report, tolerance);
      return report;
    });
  });
}

type Scalar = (xs: Tensor[]) => Tensor;

function compare(
  order: number,
  scalar: Scalar,
  lower: Scalar,
  xs: Tensor[],
  direction: Tensor[],
  step: number,
): GradcheckReport {
  const derivative = numberFrom(() => scalar(xs));
  const at = (distance: number) =>
    numberFrom(() => lower(zipTrees((x, v) => add(x, scale(v, distance)), xs, direction)));
  const difference = STENCIL.reduce(
    (sum, weight, i) => sum + weight * (at((i + 1) * step) - at(-(i + 1) * step)) / step,
    0,
  );
  const deviation = Math.abs(derivative - difference) / Math.max(1, Math.abs(difference));
  return { order, derivative, difference, deviation };
}

function numberFrom(f: () => Tensor): number {
  return scope(() => f().dataSync()[0]);
}

function randomLike<T extends Tree>(tree: T, key: RandomKey): T {
  let n = 0;
  return mapTree(
    tree,
    ({ shape, device }) => normal(foldIn(key, n++), shape, { dtype: "float64", device }),
  );
}

function failure(report: GradcheckReport, tolerance: number): Error {
  const hint = report.order === 1
    ? "Inputs must keep away from kinks by more than three steps"
    : "A rule that closes over a value which varies with the input passes order 1 and fails order 2";
  return new Error(
    `Derivatives of order ${report.order} disagree: the tape says ${report.derivative}, finite ` +
      `differences say ${report.difference} (deviation ${report.deviation.toExponential(1)}, ` +
      `allowed ${tolerance}). ${hint}`,
  );
}
