/**
 * The area under the ROC curve.
 *
 * @module
 */

import { tallyScores } from "./tally.ts";

/**
 * Returns the probability that a live image scores higher than a spoof, ties counting half.
 *
 * `yTrue` holds 1 for live, 0 for spoof. The pairs are counted in integers and divided once, so the
 * result (0 to 1) is the correctly rounded one.
 *
 * @throws {RangeError} if {@linkcode tallyScores} does.
 * Source: Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 1982.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { rocAucScore } from "./auc.ts";
 *
 * equal(rocAucScore([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 0.75);
 * ```
 */
export function rocAucScore(yTrue: ArrayLike<number>, yScore: ArrayLike<number>): number {
  const { scores, live, spoof, nLive, nSpoof } = tallyScores(yTrue, yScore);
  let halfPairs = 0;
  let spoofBelow = 0;
  for (let k = 0; k < scores.length; k++) {
    halfPairs += live[k] * (2 * spoofBelow + spoof[k]);
    spoofBelow += spoof[k];
  }
  return halfPairs / (2 * nLive * nSpoof);
}
