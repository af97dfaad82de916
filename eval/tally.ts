/**
 * How often each score occurs among live and among spoof images.
 *
 * Every curve and every threshold depends on the scores only through this.
 *
 * @module
 */

/** Distinct scores in ascending order; `live[k]` live, `spoof[k]` spoof images have `scores[k]`. */
export interface ScoreTally {
  readonly scores: Float64Array;
  readonly live: Uint32Array;
  readonly spoof: Uint32Array;
  readonly nLive: number;
  readonly nSpoof: number;
}

/**
 * Counts the live and the spoof images of each score.
 *
 * `yTrue` holds 1 for live, 0 for spoof; `yScore` holds finite numbers, higher is more live.
 *
 * @throws {RangeError} if the lengths differ, a label is neither 0 nor 1, a score is not finite, or
 * one of the classes is absent.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { tallyScores } from "./tally.ts";
 *
 * const { scores, live, spoof } = tallyScores([1, 0, 1, 0], [0.9, 0.5, 0.5, 0.1]);
 * deepEqual([...scores], [0.1, 0.5, 0.9]);
 * deepEqual([...live], [0, 1, 1]);
 * deepEqual([...spoof], [1, 1, 0]);
 * ```
 */
export function tallyScores(yTrue: ArrayLike<number>, yScore: ArrayLike<number>): ScoreTally {
  checkScores(yTrue, yScore);
  const liveScores = sortedScores(1, yTrue, yScore);
  const spoofScores = sortedScores(0, yTrue, yScore);
  const scores = new Float64Array(yScore.length);
  const live = new Uint32Array(yScore.length);
  const spoof = new Uint32Array(yScore.length);
  let size = 0;
  let i = 0;
  let j = 0;
  while (i < liveScores.length || j < spoofScores.length) {
    const lowest = Math.min(liveScores[i] ?? Infinity, spoofScores[j] ?? Infinity);
    scores[size] = lowest;
    for (; liveScores[i] === lowest; i++) live[size]++;
    for (; spoofScores[j] === lowest; j++) spoof[size]++;
    size++;
  }
  return {
    scores: scores.slice(0, size),
    live: live.slice(0, size),
    spoof: spoof.slice(0, size),
    nLive: liveScores.length,
    nSpoof: spoofScores.length,
  };
}

function sortedScores(
  label: number,
  yTrue: ArrayLike<number>,
  yScore: ArrayLike<number>,
): Float64Array {
  const chosen = new Float64Array(yScore.length);
  let size = 0;
  for (let i = 0; i < yScore.length; i++) {
    if (yTrue[i] === label) chosen[size++] = yScore[i];
  }
  return chosen.slice(0, size).sort();
}

/**
 * Makes sure that metrics can be computed from these labels and scores.
 *
 * @throws {RangeError} as {@linkcode tallyScores} does.
 */
export function checkScores(yTrue: ArrayLike<number>, yScore: ArrayLike<number>): void {
  const action = "Cannot compare live with spoof scores";
  if (yTrue.length !== yScore.length) {
    throw new RangeError(
      `${action}: each label needs one score, ` +
        `got ${yTrue.length} labels and ${yScore.length} scores`,
    );
  }
  let nLive = 0;
  for (let i = 0; i < yTrue.length; i++) {
    if (yTrue[i] !== 0 && yTrue[i] !== 1) {
      throw new RangeError(
        `${action}: a label must be 1 (live) or 0 (spoof), got ${yTrue[i]} at index ${i}`,
      );
    }
    if (!Number.isFinite(yScore[i])) {
      throw new RangeError(`${action}: a score must be finite, got ${yScore[i]} at index ${i}`);
    }
    nLive += yTrue[i];
  }
  const nSpoof = yTrue.length - nLive;
  if (nLive === 0 || nSpoof === 0) {
    throw new RangeError(`${action}: both are needed, got ${nLive} live and ${nSpoof} spoof`);
  }
  if (nLive * nSpoof > Number.MAX_SAFE_INTEGER / 2) {
    throw new RangeError(
      `${action}: at most 2^52 pairs can be counted exactly, got ${nLive} live and ${nSpoof} spoof`,
    );
  }
}
