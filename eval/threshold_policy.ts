/**
 * Where a threshold comes from. Numbers of different policies must not be compared.
 *
 * @module
 */

import { equalErrorRate } from "./eer.ts";

/**
 * A named way to fix the threshold.
 *
 * - `target-eer`: where FAR and FRR of the very scores that are judged differ least. Most papers do
 *   this; it looks at the answers.
 * - `fixed`: a number settled beforehand.
 */
export type ThresholdPolicy =
  | { readonly name: "target-eer" }
  | { readonly name: "fixed"; readonly threshold: number };

/**
 * Returns the threshold that a policy gives for these labels (1 live, 0 spoof) and scores.
 *
 * @throws {RangeError} if a fixed threshold is not finite, or {@linkcode equalErrorRate} throws.
 * @example
 * ```ts
 * import { equal } from "node:assert/strict";
 * import { chooseThreshold } from "./threshold_policy.ts";
 *
 * equal(chooseThreshold({ name: "target-eer" }, [0, 1], [0.25, 0.75]), 0.5);
 * equal(chooseThreshold({ name: "fixed", threshold: 0.6 }, [0, 1], [0.25, 0.75]), 0.6);
 * ```
 */
export function chooseThreshold(
  policy: ThresholdPolicy,
  yTrue: ArrayLike<number>,
  yScore: ArrayLike<number>,
): number {
  switch (policy.name) {
    case "target-eer":
      return equalErrorRate(yTrue, yScore).threshold;
    case "fixed":
      if (!Number.isFinite(policy.threshold)) {
        throw new RangeError(
          `Cannot fix the threshold: it must be a finite number, got ${policy.threshold}`,
        );
      }
      return policy.threshold;
  }
}

/** Says in words where a threshold came from. */
export function describePolicy(policy: ThresholdPolicy["name"]): string {
  switch (policy) {
    case "target-eer":
      return "where FAR and FRR of these same scores differ least";
    case "fixed":
      return "given beforehand";
  }
}
