/**
 * What a learning-rate schedule is, and the checks that all of them share.
 *
 * @module
 */

/** The learning rate of each step; the first step is 0. */
export type Schedule = (step: number) => number;

/**
 * Checks a number that a schedule is made of.
 *
 * @throws {RangeError} if it is not finite, below 0, or not whole where that is wanted.
 */
export function checkNumber(name: string, value: number, wanted: "rate" | "steps"): void {
  const valid = wanted === "rate"
    ? Number.isFinite(value) && value >= 0
    : Number.isSafeInteger(value) && value >= 1;
  if (!valid) {
    throw new RangeError(
      `Cannot schedule with ${name} ${value}: it must be ` +
        (wanted === "rate" ? "a finite number from 0 up" : "a whole number from 1 up"),
    );
  }
}
