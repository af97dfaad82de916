/**
 * How much an activation shrinks what passes through it.
 *
 * @module
 */

/** The activations whose gain is known. */
export type Nonlinearity =
  | "linear"
  | "conv2d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leaky_relu"
  | "selu";

/**
 * The factor by which weights make up for an activation, as in PyTorch's `calculate_gain`.
 *
 * `negativeSlope` is that of `leaky_relu`, 0.01 unless told.
 *
 * @throws {RangeError} if the activation is not known or the slope is not finite.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { calculateGain } from "./gain.ts";
 *
 * equal(calculateGain("relu"), Math.SQRT2);
 * ```
 */
export function calculateGain(nonlinearity: Nonlinearity, negativeSlope = 0.01): number {
  switch (nonlinearity) {
    case "linear":
    case "conv2d":
    case "sigmoid":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leaky_relu":
      return leakyGain(negativeSlope);
    case "selu":
      return 3 / 4;
    default:
      throw new RangeError(
        `Cannot calculate a gain for "${nonlinearity}": ` +
          `there is linear, conv2d, sigmoid, tanh, relu, leaky_relu, selu`,
      );
  }
}

function leakyGain(negativeSlope: number): number {
  if (!Number.isFinite(negativeSlope)) {
    throw new RangeError(
      `Cannot calculate a gain: the negative slope must be a finite number, got ${negativeSlope}`,
    );
  }
  return Math.sqrt(2 / (1 + negativeSlope ** 2));
}
