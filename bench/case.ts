/**
 * What is measured: a case names its work, counts its operations, and makes the work ready.
 *
 * @module
 */

/** A group of cases, as `--only` names it. */
export type CaseGroup = "conv" | "matmul" | "norm" | "pool" | "small-ops" | "step-small" | "memory";

/** One thing to measure. */
export interface Case {
  readonly name: string;
  readonly group: CaseGroup;
  /** Floating-point operations of one run: an addition and a multiplication are two. */
  readonly operations?: number;
  /** Makes inputs on the current device and returns the work on them; the work frees what it makes. */
  readonly prepare: () => () => void;
}
