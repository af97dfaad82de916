/**
 * Showing how a run gets on: a bar on a terminal, plain lines elsewhere.
 *
 * @module
 */

import { Interrupted } from "./command_line.ts";
import type { StepMetrics } from "./run/log.ts";
import type { TrainingObserver } from "./trainer.ts";

const WIDEST_BAR = 24;
const NARROWEST_BAR = 4;
/** Where there is no terminal, so many lines are printed over a run. */
const LINES = 20;

/** Writes progress to stderr; data belongs on stdout. Disposing of it ends a line that is open. */
export function progress(shouldStop: () => boolean): TrainingObserver & Disposable {
  const terminal = Deno.stderr.isTerminal();
  let isLineOpen = false;
  const endLine = () => {
    if (isLineOpen) console.error();
    isLineOpen = false;
  };
  const overwrite = (head: string, share: number, tail: string) => {
    write(`\r${fitted(head, share, tail, columns())}\x1b[K`);
    isLineOpen = true;
    if (share === 1) endLine();
  };
  let secondsSpent = 0;
  let stepsSeen = 0;
  return {
    shouldStop,
    note: (message) => console.error(`note: ${message}`),
    prepared(done, of) {
      if (terminal) overwrite("preparing", done / of, `${done} of ${of} GPU programs`);
      else if (done === of) console.error(`${of} GPU programs prepared`);
    },
    step(metrics, steps, images, seconds) {
      secondsSpent += seconds;
      stepsSeen++;
      const left = (steps - metrics.step) * secondsSpent / stepsSeen;
      const rate = images * stepsSeen / secondsSpent;
      const head = `step ${String(metrics.step).padStart(String(steps).length)}/${steps}`;
      const tail = describe(metrics, rate, left);
      const isDue = metrics.step === steps || metrics.step % Math.ceil(steps / LINES) === 0;
      if (terminal) overwrite(head, metrics.step / steps, tail);
      else if (isDue) console.error(`${head} ${tail}`);
    },
    scored(done, of) {
      if (terminal) overwrite("scoring", done / of, `${done} of ${of} images`);
      if (shouldStop() && done < of) {
        throw new Interrupted(
          "stopped in scoring, with all that was learned saved; the same command with --resume " +
            "scores again",
        );
      }
    },
    [Symbol.dispose]: endLine,
  };
}

function describe({ losses, held_out_auc }: StepMetrics, rate: number, left: number): string {
  const heldOut = held_out_auc === undefined ? "" : `  held-out AUC ${held_out_auc.toFixed(3)}`;
  return `loss ${losses.total.toFixed(4)}  ${rate.toFixed(0)} images/s  ` +
    `${duration(left)} left${heldOut}`;
}

/** A bar between two texts, as wide as there is room: a line that wraps cannot be overwritten. */
export function fitted(head: string, share: number, tail: string, columns: number): string {
  const room = columns - 1 - `${head}  ${tail}`.length;
  const shown = room < NARROWEST_BAR
    ? `${head} ${tail}`
    : `${head} ${bar(share, Math.min(room, WIDEST_BAR))} ${tail}`;
  return shown.slice(0, columns - 1);
}

function bar(share: number, width: number): string {
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** How wide the terminal is; one that does not say so counts as 80 columns. */
function columns(): number {
  return Deno.consoleSize().columns || 80;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = String(Math.floor(whole / 60) % 60).padStart(hours > 0 ? 2 : 1, "0");
  return `${hours > 0 ? `${hours}:` : ""}${minutes}:${String(whole % 60).padStart(2, "0")}`;
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
