import { checkNumber, type Schedule } from "./schedule.ts";

/**
 * One learning rate for all steps.
 *
 * @throws {RangeError} if it is negative or not finite.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { schedules } from "../../mod.ts";
 *
 * equal(schedules.constant(0.1)(1000), 0.1);
 * ```
 */
export function constant(lr: number): Schedule {
  checkNumber("lr", lr, "rate");
  return () => lr;
}
