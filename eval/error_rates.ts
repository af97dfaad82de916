/**
 * What goes wrong at one threshold.
 *
 * FAR and FRR are the biometric names. In ISO/IEC 30107-3, FRR is the BPCER, and FAR is the APCER
 * if all spoof images are of one attack type.
 *
 * @module
 */

import { checkScores } from "./tally.ts";

/** The errors of accepting every score of at least a threshold. */
export interface ErrorRates {
  /** Spoof images that were accepted. */
  readonly falseAccepts: number;
  /** False accept rate: `falseAccepts / nSpoof`. */
  readonly far: number;
  /** Live images that were rejected. */
  readonly falseRejects: number;
  /** False reject rate: `falseRejects / nLive`. */
  readonly frr: number;
  /** Live images in all. */
  readonly nLive: number;
  /** Spoof images in all. */
  readonly nSpoof: number;
}

/**
 * Counts the errors of accepting where `score >= threshold`.
 *
 * `yTrue` holds 1 for live, 0 for spoof. Infinity accepts nothing, -Infinity everything.
 *
 * @throws {RangeError} if {@linkcode checkScores} does, or the threshold is not a number.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { errorRates } from "./error_rates.ts";
 *
 * deepEqual(errorRates([1, 1, 0, 0], [0.9, 0.3, 0.5, 0.1], 0.5), {
 *   falseAccepts: 1,
 *   far: 0.5,
 *   falseRejects: 1,
 *   frr: 0.5,
 *   nLive: 2,
 *   nSpoof: 2,
 * });
 * ```
 */
export function errorRates(
  yTrue: ArrayLike<number>,
  yScore: ArrayLike<number>,
  threshold: number,
): ErrorRates {
  checkScores(yTrue, yScore);
  if (Number.isNaN(threshold)) {
    throw new RangeError("Cannot accept or reject: the threshold must be a number, got NaN");
  }
  let nLive = 0;
  let falseAccepts = 0;
  let falseRejects = 0;
  for (let i = 0; i < yTrue.length; i++) {
    const live = yTrue[i] === 1;
    const accepted = yScore[i] >= threshold;
    if (live) nLive++;
    if (live && !accepted) falseRejects++;
    if (!live && accepted) falseAccepts++;
  }
  const nSpoof = yTrue.length - nLive;
  return {
    falseAccepts,
    far: falseAccepts / nSpoof,
    falseRejects,
    frr: falseRejects / nLive,
    nLive,
    nSpoof,
  };
}

/**
 * Returns the half total error rate, `(FAR + FRR) / 2`, of accepting where `score >= threshold`.
 *
 * `yTrue` holds 1 for live, 0 for spoof. With one attack type it is the ACER of ISO/IEC 30107-3.
 *
 * @throws {RangeError} if {@linkcode errorRates} does.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { hter } from "./error_rates.ts";
 *
 * equal(hter([1, 1, 0, 0], [0.9, 0.3, 0.5, 0.1], 0.6), 0.25);
 * ```
 */
export function hter(
  yTrue: ArrayLike<number>,
  yScore: ArrayLike<number>,
  threshold: number,
): number {
  const { far, frr } = errorRates(yTrue, yScore, threshold);
  return (far + frr) / 2;
}
