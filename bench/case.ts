/**
 * What is measured: a case names its work and counts what it costs at least.
 *
 * @module
 */

import type { Work } from "./work.ts";

/** The groups of cases, as `--only` names them. */
export const GROUPS = [
  "step-full",
  "step-small",
  "step-paper",
  "conv",
  "matmul",
  "norm",
  "pool",
  "elementwise",
  "small-ops",
  "cold-start",
  "memory",
] as const;

/** Measured unless others are named: all but what takes minutes and gigabytes. */
export const USUAL_GROUPS = GROUPS.filter((group) => group !== "step-paper");

/** A group of cases. */
export type CaseGroup = typeof GROUPS[number];

/** One thing to measure. */
export interface Case {
  /** What comes before a colon is what cases differ in by shape alone. */
  readonly name: string;
  readonly group: CaseGroup;
  /**
   * How: `time` in warm processes; `cold-start` from the start of a process to its end; `peak-memory`
   * and `live-memory` in a process of their own.
   */
  readonly measure: "time" | "cold-start" | "peak-memory" | "live-memory";
  readonly work: Work;
  /**
   * Floating-point operations of one run, counted as the plain algorithm does them: an addition and a
   * multiplication are two. An algorithm that does fewer seems faster than the machine.
   */
  readonly operations?: number;
  /** Bytes that one run must move: each input read once, each output written once. */
  readonly bytes?: number;
}
