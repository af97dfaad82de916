/**
 * How fast each program has been at each kind of work, so that what would take too long is not begun.
 *
 * @module
 */

import type { Work } from "./work.ts";

/** What plain loops in TypeScript do at least, in operations a second. */
const PLAIN_LOOPS = 2e9;

/** Work as far as its cost is known. */
export interface Task {
  readonly work: Pick<Work, "kind">;
  readonly operations?: number;
}

/** The best rates that programs have shown so far. */
export class Pace {
  readonly #rates = new Map<string, number>();

  /** Why a program is not to begin a run, if it is not. */
  objection(program: string, { work, operations }: Task, limitSeconds: number) {
    if (operations === undefined) return undefined;
    const unknown = program === "js" ? PLAIN_LOOPS : Infinity;
    const rate = this.#rates.get(keyOf(program, work)) ?? unknown;
    const seconds = operations / rate;
    if (seconds <= limitSeconds) return undefined;
    return `one run would take about ${seconds.toFixed(0)} s, more than --seconds ${limitSeconds}`;
  }

  learn(program: string, { work, operations }: Task, ms: number): void {
    if (operations === undefined) return;
    const key = keyOf(program, work);
    this.#rates.set(key, Math.max(this.#rates.get(key) ?? 0, 1000 * operations / ms));
  }
}

function keyOf(program: string, { kind }: Task["work"]): string {
  return `${program} ${kind}`;
}
