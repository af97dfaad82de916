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
  "step-embedder",
  "conv",
  "matmul",
  "norm",
  "pool",
  "elementwise",
  "small-ops",
  "cold-start",
  "memory",
  "gpu",
] as const;

/** A group of cases. */
export type CaseGroup = typeof GROUPS[number];

/** All but what takes minutes and gigabytes, and what asks for a GPU. */
const USUAL: readonly CaseGroup[] = GROUPS.filter((group) =>
  group !== "step-paper" && group !== "gpu"
);
/** A GPU in software takes minutes for the full networks. */
const USUAL_ON_GPU: readonly CaseGroup[] = [
  "step-small",
  "step-embedder",
  "conv",
  "matmul",
  "norm",
  "pool",
  "elementwise",
  "small-ops",
  "gpu",
];

/** The groups that are measured on a device unless others are named. */
export function usualGroups(device: string): readonly CaseGroup[] {
  return device === "webgpu" ? USUAL_ON_GPU : USUAL;
}

/** One thing to measure. */
export interface Case {
  /** What comes before a colon is what cases differ in by shape alone. */
  readonly name: string;
  readonly group: CaseGroup;
  /**
   * How: `time` in warm processes; `cold-start` from the start of a process to its end; the others in a
   * process of their own: the most that it holds, what tensors hold early and late, the same of a GPU's
   * buffers and of the process, and what a GPU is asked for.
   */
  readonly measure:
    | "time"
    | "cold-start"
    | "peak-memory"
    | "live-memory"
    | "gpu-memory"
    | "gpu-driving";
  readonly work: Work;
  /**
   * Floating-point operations of one run, counted as the plain algorithm does them: an addition and a
   * multiplication are two. An algorithm that does fewer seems faster than the machine.
   */
  readonly operations?: number;
  /** Bytes that one run must move: each input read once, each output written once. */
  readonly bytes?: number;
}
