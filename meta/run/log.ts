/**
 * The logs of a run: `metrics.jsonl`, and the published code's `loss_log.txt`, which follows from it.
 *
 * @module
 */

/** A line of `metrics.jsonl`. */
export interface StepMetrics {
  /** Steps done, from 1. */
  readonly step: number;
  /** The epoch, from 1, and the iteration in it, from 1. */
  readonly epoch: number;
  readonly iteration: number;
  /** By the names of `MetaOutcome.losses`. */
  readonly losses: Readonly<Record<string, number>>;
  /** AUC on the held-out parts of the sources, at checkpoints. */
  readonly held_out_auc?: number;
}

/** The losses that the published code logs, by its names. */
export const LOGGED = {
  Loss_meta_train: "meta_train",
  Loss_meta_test: "meta_test",
  Loss_cls_train: "cls_train",
  Loss_cls_test: "cls_test",
  Loss_dep_train_ave: "dep_train_ave",
  Loss_dep_test: "dep_test",
} as const;

/** The first line of `loss_log.txt`. */
export const LOSS_LOG_HEAD = "================ Training Loss ================\n";

/** A line of `loss_log.txt`, as the published code formats it; losses that a method lacks are left out. */
export function lossLogLine({ epoch, iteration, losses }: StepMetrics): string {
  const terms = Object.entries(LOGGED)
    .filter(([, loss]) => loss in losses)
    .map(([name, loss]) => `${name}: ${losses[loss].toFixed(5)} `);
  return `(epoch: ${epoch}, iters: ${iteration}) ${terms.join("")}\n`;
}

/**
 * Reads `metrics.jsonl` up to a step; what comes after, or was only half written, is left out.
 *
 * @throws {Error} that names the file and the line, if a line that is kept is damaged.
 */
export function parseMetrics(text: string, upTo: number, name: string): StepMetrics[] {
  const lines = text.split("\n").slice(0, -1);
  const metrics: StepMetrics[] = [];
  for (const [i, line] of lines.entries()) {
    if (metrics.length === upTo) break;
    const entry = parseLine(line);
    if (entry?.step !== i + 1) {
      throw new Error(
        `Cannot read ${name} line ${i + 1}: it must hold the metrics of step ${i + 1}`,
      );
    }
    metrics.push(entry);
  }
  return metrics;
}

function parseLine(line: string): StepMetrics | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
