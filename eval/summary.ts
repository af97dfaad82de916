/**
 * The figures of one set of scores, as every task reports them.
 *
 * @module
 */

import { rocAucScore } from "./auc.ts";
import { equalErrorRate } from "./eer.ts";
import { errorRates } from "./error_rates.ts";
import { chooseThreshold, describePolicy, type ThresholdPolicy } from "./threshold_policy.ts";

/** Rates are from 0 to 1; the keys are those of the JSON that tasks print. */
export interface ScoreSummary {
  /** Area under the ROC curve. */
  readonly auc: number;
  /** Equal error rate of these scores, whatever the policy. */
  readonly eer: number;
  /** Half total error rate at `threshold`. */
  readonly hter: number;
  /** False accept rate at `threshold`. */
  readonly far: number;
  /** False reject rate at `threshold`. */
  readonly frr: number;
  /** Scores of at least this are accepted. */
  readonly threshold: number;
  /** Where the threshold comes from. */
  readonly threshold_policy: ThresholdPolicy["name"];
  /** Live images. */
  readonly n_live: number;
  /** Spoof images. */
  readonly n_spoof: number;
}

/**
 * Computes the figures of these labels (1 live, 0 spoof) and scores (higher is more live).
 *
 * @throws {RangeError} if the scores cannot be compared or the policy cannot be followed.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { summarizeScores } from "./summary.ts";
 *
 * deepEqual(summarizeScores([1, 1, 0, 0], [0.9, 0.6, 0.4, 0.1]), {
 *   auc: 1,
 *   eer: 0,
 *   hter: 0,
 *   far: 0,
 *   frr: 0,
 *   threshold: 0.5,
 *   threshold_policy: "target-eer",
 *   n_live: 2,
 *   n_spoof: 2,
 * });
 * ```
 */
export function summarizeScores(
  yTrue: ArrayLike<number>,
  yScore: ArrayLike<number>,
  policy: ThresholdPolicy = { name: "target-eer" },
): ScoreSummary {
  const threshold = chooseThreshold(policy, yTrue, yScore);
  const { far, frr, nLive, nSpoof } = errorRates(yTrue, yScore, threshold);
  return {
    auc: rocAucScore(yTrue, yScore),
    eer: equalErrorRate(yTrue, yScore).eer,
    hter: (far + frr) / 2,
    far,
    frr,
    threshold,
    threshold_policy: policy.name,
    n_live: nLive,
    n_spoof: nSpoof,
  };
}

/** Lays the figures out for people to read. */
export function formatSummary(summary: ScoreSummary): string {
  const policy = summary.threshold_policy;
  const rows = [
    ["AUC", percent(summary.auc)],
    ["EER", percent(summary.eer)],
    ["HTER", percent(summary.hter), `FAR ${percent(summary.far)}, FRR ${percent(summary.frr)}`],
    ["threshold", String(summary.threshold), `${describePolicy(policy)} (${policy})`],
    [
      "images",
      `${summary.n_live + summary.n_spoof}`,
      `${summary.n_live} live, ${summary.n_spoof} spoof`,
    ],
  ];
  const width = Math.max(...rows.map(([, value]) => value.length));
  return rows
    .map(([name, value, note = ""]) =>
      `${name.padEnd(9)}  ${value.padEnd(width)}  ${note}`.trimEnd()
    )
    .join("\n");
}

function percent(rate: number): string {
  return `${(100 * rate).toFixed(2)} %`;
}
