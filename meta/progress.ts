/**
 * Showing how a run gets on: a bar on a terminal, plain lines elsewhere.
 *
 * @module
 */

import type { StepMetrics } from "./run/log.ts";
import type { TrainingObserver } from "./trainer.ts";

const BAR = 24;
/** Where there is no terminal, so many lines are printed over a run. */
const LINES = 20;

/** Writes progress to stderr; data belongs on stdout. */
export function progress(shouldStop: () => boolean): TrainingObserver {
  const terminal = Deno.stderr.isTerminal();
  const show = terminal ? overwrite : (line: string) => console.error(line);
  let secondsSpent = 0;
  let stepsSeen = 0;
  return {
    shouldStop,
    note: (message) => console.error(`note: ${message}`),
    step(metrics, steps, images, seconds) {
      secondsSpent += seconds;
      stepsSeen++;
      const left = (steps - metrics.step) * secondsSpent / stepsSeen;
      const isLast = metrics.step === steps;
      if (terminal || isLast || metrics.step % Math.ceil(steps / LINES) === 0) {
        const rate = images * stepsSeen / secondsSpent;
        show(describe(metrics, steps, rate, left, terminal));
      }
      if (terminal && isLast) console.error();
    },
    scored(done, of) {
      if (terminal) show(`scoring ${bar(done / of)} ${done} of ${of} images`);
      if (terminal && done === of) console.error();
    },
  };
}

function describe(
  { step, losses, held_out_auc }: StepMetrics,
  steps: number,
  rate: number,
  left: number,
  withBar: boolean,
): string {
  const heldOut = held_out_auc === undefined ? "" : `  held-out AUC ${held_out_auc.toFixed(3)}`;
  return `step ${String(step).padStart(String(steps).length)}/${steps} ` +
    (withBar ? `${bar(step / steps)} ` : "") +
    `loss ${losses.total.toFixed(4)}  ${rate.toFixed(0)} images/s  ${
      duration(left)
    } left${heldOut}`;
}

function bar(share: number): string {
  const full = Math.round(share * BAR);
  return "█".repeat(full) + "░".repeat(BAR - full);
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = String(Math.floor(whole / 60) % 60).padStart(hours > 0 ? 2 : 1, "0");
  return `${hours > 0 ? `${hours}:` : ""}${minutes}:${String(whole % 60).padStart(2, "0")}`;
}

/** Replaces the line that stands there: back to its start, and clear what is right of the end. */
function overwrite(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\r${line}\x1b[K`));
}
