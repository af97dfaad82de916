/**
 * Whether a team's workers are up: they start late, and nothing but shared memory tells of them.
 *
 * @module
 */

import { ok } from "node:assert/strict";

/**
 * Repeats work until its workers have been seen: the main thread then reads numbers above 0 of
 * workers that sleep or have joined.
 */
export function untilWorkersSeen(work: () => void): void {
  const { load } = Atomics;
  let isSeen = false;
  const watching = (array: Int32Array, index: number) => {
    const value = load(array, index);
    isSeen ||= value > 0;
    return value;
  };
  Atomics.load = watching as typeof load;
  try {
    const end = performance.now() + 10_000;
    while (!isSeen) {
      ok(performance.now() < end, "no worker was seen within 10 s");
      work();
    }
  } finally {
    Atomics.load = load;
  }
}
