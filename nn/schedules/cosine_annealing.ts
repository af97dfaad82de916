import { checkNumber, type Schedule } from "./schedule.ts";

/** How a learning rate falls along a cosine. */
export interface CosineAnnealingOptions {
  /** The step at which the minimum is reached. */
  readonly steps: number;
  /** The lowest learning rate: 0 unless told. */
  readonly minimum?: number;
}

/**
 * From lr down to a minimum along half a cosine; the minimum from there on.
 *
 * As PyTorch's `CosineAnnealingLR` up to `steps`. PyTorch's rises again afterwards, which nobody
 * wants of a run that goes on for a few steps more.
 *
 * @throws {RangeError} if a number is negative or not finite, or `steps` not whole from 1 up.
 * Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
 * equation 5, without restarts.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { schedules } from "../../mod.ts";
 *
 * const lr = schedules.cosineAnnealing(1, { steps: 10 });
 * equal(lr(0), 1);
 * equal(lr(10), 0);
 * ```
 */
export function cosineAnnealing(
  lr: number,
  { steps, minimum = 0 }: CosineAnnealingOptions,
): Schedule {
  checkNumber("lr", lr, "rate");
  checkNumber("steps", steps, "steps");
  checkNumber("minimum", minimum, "rate");
  return (step) => {
    const share = (1 + Math.cos(Math.PI * Math.min(step / steps, 1))) / 2;
    return minimum + (lr - minimum) * share;
  };
}
