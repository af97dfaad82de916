/**
 * The equal error rate.
 *
 * @module
 */

import { tallyScores } from "./tally.ts";

/** Where false accepts and false rejects are as equal as they get. */
export interface EqualErrorRate {
  /** The mean of the two rates, from 0 to 1. */
  readonly eer: number;
  /** Scores of at least this are accepted. */
  readonly threshold: number;
}

/**
 * Returns `(FAR + FRR) / 2` at the threshold where FAR and FRR differ least.
 *
 * `yTrue` holds 1 for live, 0 for spoof; an image is accepted where `score >= threshold`. The
 * candidates are the midpoints of neighbouring distinct scores; `|FAR - FRR|` is compared exactly,
 * as the integer `|falseAccepts * nLive - falseRejects * nSpoof|`; of several that are equal the
 * highest is taken. If all scores are equal there is no midpoint: then everything is accepted, the
 * threshold is that score, and the rate is 0.5.
 *
 * @throws {RangeError} if {@linkcode tallyScores} does.
 * Source: `eer_threshold` of bob.measure, https://www.idiap.ch/software/bob/.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { equalErrorRate } from "./eer.ts";
 *
 * deepEqual(equalErrorRate([1, 1, 0, 0], [4, 2, 3, 1]), { eer: 0.5, threshold: 2.5 });
 * ```
 */
export function equalErrorRate(
  yTrue: ArrayLike<number>,
  yScore: ArrayLike<number>,
): EqualErrorRate {
  const { scores, live, spoof, nLive, nSpoof } = tallyScores(yTrue, yScore);
  let falseAccepts = nSpoof;
  let falseRejects = 0;
  let best = { eer: 0.5, threshold: scores[0] };
  let smallestGap = Infinity;
  for (let k = 1; k < scores.length; k++) {
    falseAccepts -= spoof[k - 1];
    falseRejects += live[k - 1];
    const gap = Math.abs(falseAccepts * nLive - falseRejects * nSpoof);
    if (gap > smallestGap) continue;
    smallestGap = gap;
    best = {
      eer: (falseAccepts / nSpoof + falseRejects / nLive) / 2,
      threshold: thresholdBetween(scores[k - 1], scores[k]),
    };
  }
  return best;
}

/**
 * Returns the midpoint of two numbers, `below < above`, as a threshold that rejects the first and
 * accepts the second.
 *
 * Where no double lies between the two, that is `above` itself.
 *
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { thresholdBetween } from "./eer.ts";
 *
 * equal(thresholdBetween(0.25, 0.75), 0.5);
 * equal(thresholdBetween(1, 1 + Number.EPSILON), 1 + Number.EPSILON);
 * ```
 */
export function thresholdBetween(below: number, above: number): number {
  const sum = below + above;
  const midpoint = Number.isFinite(sum) ? sum / 2 : below / 2 + above / 2;
  return midpoint > below ? midpoint : above;
}
