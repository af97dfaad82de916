/**
 * What comes out of a finished run.
 *
 * @module
 */

import { type ScoreSummary, type ScoreTable, summarizeScores } from "../../eval/mod.ts";
import type { TrainingConfig } from "../config.ts";
import { LOGGED, type StepMetrics } from "./log.ts";

/** The checkpoint that did best on the held-out parts of the sources. */
export interface BestCheckpoint {
  readonly checkpoint: string;
  readonly held_out_auc: number;
}

/** A loss at the two ends of a run: its mean over the first steps and over the last. */
export interface LossChange {
  readonly before: number;
  readonly after: number;
}

/** The content of `result.json`. The figures of the target are there if one was named. */
export interface RunResult extends Partial<ScoreSummary> {
  readonly method: string;
  readonly sources: readonly string[];
  readonly target: string | null;
  readonly seed: number;
  readonly steps: number;
  /** The steps that each end of a {@linkcode LossChange} is a mean over. */
  readonly loss_window: number;
  readonly losses: Readonly<Record<string, LossChange>>;
  readonly best: BestCheckpoint | null;
}

/** Steps that a loss is averaged over, at either end: domains take turns, so one step says little. */
const WINDOW = 10;

/** Gathers a result from a run's logs and the scores of its target. */
export function resultOf(
  config: TrainingConfig,
  metrics: readonly StepMetrics[],
  scores: ScoreTable | undefined,
): RunResult {
  const window = Math.min(WINDOW, Math.ceil(metrics.length / 2));
  const losses = Object.values(LOGGED)
    .filter((loss) => metrics.length > 0 && loss in metrics[0].losses)
    .map((loss) => {
      const mean = (part: readonly StepMetrics[]) =>
        part.reduce((sum, entry) => sum + entry.losses[loss], 0) / part.length;
      const change = {
        before: mean(metrics.slice(0, window)),
        after: mean(metrics.slice(-window)),
      };
      return [loss, change] as const;
    });
  return {
    ...(scores === undefined ? {} : summarizeScores(scores.label, scores.score)),
    method: config.method,
    sources: config.sources,
    target: config.target === "" ? null : config.target,
    seed: config.seed,
    steps: metrics.length,
    loss_window: window,
    losses: Object.fromEntries(losses),
    best: bestCheckpoint(metrics) ?? null,
  };
}

/** The first of the checkpoints with the highest held-out AUC, if any was measured. */
export function bestCheckpoint(metrics: readonly StepMetrics[]): BestCheckpoint | undefined {
  return metrics.reduce<BestCheckpoint | undefined>(
    (best, { step, held_out_auc }) =>
      held_out_auc !== undefined && held_out_auc > (best?.held_out_auc ?? -Infinity)
        ? { checkpoint: checkpointName(step), held_out_auc }
        : best,
    undefined,
  );
}

/** A checkpoint's name, without its ending: `step-000060`. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(6, "0")}`;
}
