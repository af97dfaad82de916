/**
 * Timing one piece of work: warm, several runs, the median.
 *
 * @module
 */

/** What a measurement gives, in milliseconds. */
export interface Timing {
  readonly median_ms: number;
  readonly min_ms: number;
  readonly runs: number;
}

/** How long to measure. */
export interface MeasureOptions {
  /** Runs that are not counted: engines compile what is hot. */
  readonly warmup: number;
  readonly runs: number;
}

/** Runs `work`, first for warming up, then counted. */
export function measure(work: () => void, { warmup, runs }: MeasureOptions): Timing {
  for (let i = 0; i < warmup; i++) work();
  const times = Array.from({ length: runs }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  }).sort((a, b) => a - b);
  const middle = runs >> 1;
  const median = runs % 2 === 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  return { median_ms: median, min_ms: times[0], runs };
}
