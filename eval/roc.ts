/**
 * The receiver operating characteristic.
 *
 * @module
 */

import { tallyScores } from "./tally.ts";

/** One point for each threshold, from accepting nothing to accepting everything. */
export interface RocCurve {
  /** False positive rate: the part of the spoof images with a score of at least the threshold. */
  readonly fpr: Float64Array;
  /** True positive rate: the part of the live images with a score of at least the threshold. */
  readonly tpr: Float64Array;
  /** Infinity, then the distinct scores in descending order. */
  readonly thresholds: Float64Array;
}

/**
 * Returns the rates at every threshold that makes a difference.
 *
 * `yTrue` holds 1 for live, 0 for spoof. No point is left out, as with scikit-learn's
 * `drop_intermediate=False`.
 *
 * @throws {RangeError} if {@linkcode tallyScores} does.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { rocCurve } from "./roc.ts";
 *
 * const { fpr, tpr, thresholds } = rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
 * deepEqual([...fpr], [0, 0, 0.5, 0.5, 1]);
 * deepEqual([...tpr], [0, 0.5, 0.5, 1, 1]);
 * deepEqual([...thresholds], [Infinity, 0.8, 0.4, 0.35, 0.1]);
 * ```
 */
export function rocCurve(yTrue: ArrayLike<number>, yScore: ArrayLike<number>): RocCurve {
  const { scores, live, spoof, nLive, nSpoof } = tallyScores(yTrue, yScore);
  const fpr = new Float64Array(scores.length + 1);
  const tpr = new Float64Array(scores.length + 1);
  const thresholds = new Float64Array(scores.length + 1);
  thresholds[0] = Infinity;
  let accepted = 0;
  let falseAccepts = 0;
  for (let point = 1; point <= scores.length; point++) {
    const k = scores.length - point;
    accepted += live[k];
    falseAccepts += spoof[k];
    fpr[point] = falseAccepts / nSpoof;
    tpr[point] = accepted / nLive;
    thresholds[point] = scores[k];
  }
  return { fpr, tpr, thresholds };
}
