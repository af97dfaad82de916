import { constant } from "./constant.ts";
import { checkNumber, type Schedule } from "./schedule.ts";

/** How a learning rate rises at first. */
export interface LinearWarmupOptions {
  /** The step at which it has risen fully. */
  readonly steps: number;
  /** The share of the full rate at step 0: 1/3 unless told, as in PyTorch. */
  readonly startFactor?: number;
}

/**
 * Rises along a line from a share of the learning rate to all of it, then follows a schedule, whose
 * step 0 is the end of the rise.
 *
 * As PyTorch's `LinearLR` with an end factor of 1, and another scheduler after it in `SequentialLR`.
 *
 * @throws {RangeError} if a number is negative or not finite, or `steps` not whole from 1 up.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { schedules } from "../../mod.ts";
 *
 * const decay = schedules.exponential(1, { gamma: 0.5 });
 * const lr = schedules.linearWarmup(decay, { steps: 2, startFactor: 0.5 });
 * deepEqual([0, 1, 2, 3].map(lr), [0.5, 0.75, 1, 0.5]);
 * ```
 */
export function linearWarmup(
  after: number | Schedule,
  { steps, startFactor = 1 / 3 }: LinearWarmupOptions,
): Schedule {
  checkNumber("steps", steps, "steps");
  checkNumber("startFactor", startFactor, "rate");
  const schedule = typeof after === "number" ? constant(after) : after;
  const full = schedule(0);
  return (step) =>
    step < steps ? full * (startFactor + (1 - startFactor) * step / steps) : schedule(step - steps);
}
