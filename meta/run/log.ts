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

/** Reads `metrics.jsonl` up to the first line that is damaged or was only half written. */
export function parseMetrics(text: string): StepMetrics[] {
  const entries = text.split("\n").slice(0, -1).map(parseLine);
  const damaged = entries.findIndex((entry, i) => !isStepMetrics(entry, i + 1));
  return (damaged < 0 ? entries : entries.slice(0, damaged)) as StepMetrics[];
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isStepMetrics(entry: unknown, step: number): entry is StepMetrics {
  if (typeof entry !== "object" || entry === null) return false;
  const { step: logged, epoch, iteration, losses } = entry as Partial<StepMetrics>;
  return logged === step && Number.isInteger(epoch) && Number.isInteger(iteration) &&
    typeof losses === "object" && losses !== null && Object.values(losses).every(Number.isFinite);
}
