/**
 * Learning rates that fall by a factor: every so many steps, at given steps, or at each step.
 *
 * @module
 */

import { checkNumber, type Schedule } from "./schedule.ts";

/** How a learning rate falls at regular steps. */
export interface StepDecayOptions {
  /** How many steps lie between two falls. */
  readonly stepSize: number;
  /** The factor of each fall: 0.1 unless told. */
  readonly gamma?: number;
}

/**
 * lr · gammaᵏ after k times `stepSize` steps, as PyTorch's `StepLR`.
 *
 * @throws {RangeError} if a number is negative or not finite, or `stepSize` not whole from 1 up.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { schedules } from "../../mod.ts";
 *
 * const lr = schedules.stepDecay(1, { stepSize: 2, gamma: 0.5 });
 * deepEqual([0, 1, 2, 3, 4].map(lr), [1, 1, 0.5, 0.5, 0.25]);
 * ```
 */
export function stepDecay(lr: number, { stepSize, gamma = 0.1 }: StepDecayOptions): Schedule {
  checkNumber("lr", lr, "rate");
  checkNumber("stepSize", stepSize, "steps");
  checkNumber("gamma", gamma, "rate");
  return (step) => lr * gamma ** Math.floor(step / stepSize);
}

/** How a learning rate falls at given steps. */
export interface MultiStepOptions {
  /** The steps at which it falls, in any order; one named twice counts twice. */
  readonly milestones: readonly number[];
  /** The factor of each fall: 0.1 unless told. */
  readonly gamma?: number;
}

/**
 * lr · gammaᵏ from the k-th milestone on, as PyTorch's `MultiStepLR`.
 *
 * @throws {RangeError} if a number is negative or not finite, or a milestone not whole from 1 up.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { schedules } from "../../mod.ts";
 *
 * const lr = schedules.multiStep(1, { milestones: [1, 3], gamma: 0.5 });
 * deepEqual([0, 1, 2, 3].map(lr), [1, 0.5, 0.5, 0.25]);
 * ```
 */
export function multiStep(lr: number, { milestones, gamma = 0.1 }: MultiStepOptions): Schedule {
  checkNumber("lr", lr, "rate");
  checkNumber("gamma", gamma, "rate");
  for (const milestone of milestones) checkNumber("milestone", milestone, "steps");
  return (step) => lr * gamma ** milestones.filter((milestone) => milestone <= step).length;
}

/** How a learning rate falls at every step. */
export interface ExponentialOptions {
  /** The factor of each step. */
  readonly gamma: number;
}

/**
 * lr · gammaˢᵗᵉᵖ, as PyTorch's `ExponentialLR`.
 *
 * @throws {RangeError} if a number is negative or not finite.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { schedules } from "../../mod.ts";
 *
 * deepEqual([0, 1, 2].map(schedules.exponential(1, { gamma: 0.5 })), [1, 0.5, 0.25]);
 * ```
 */
export function exponential(lr: number, { gamma }: ExponentialOptions): Schedule {
  checkNumber("lr", lr, "rate");
  checkNumber("gamma", gamma, "rate");
  return (step) => lr * gamma ** step;
}
