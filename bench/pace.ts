/**
 * How fast each program has been, so that what would take it too long is not begun.
 *
 * @module
 */

/** What plain loops in TypeScript do at least, in operations a second. */
const PLAIN_LOOPS = 2e9;

/** The best rate that each program has shown so far, by the program's name. */
export class Pace {
  readonly #rates = new Map([["js", PLAIN_LOOPS]]);

  /** Why a run is not to be begun, if it is not. */
  objection(program: string, operations: number | undefined, limitSeconds: number) {
    const rate = this.#rates.get(program);
    if (rate === undefined || operations === undefined) return undefined;
    const seconds = operations / rate;
    if (seconds <= limitSeconds) return undefined;
    return `one run would take about ${seconds.toFixed(0)} s, more than --seconds ${limitSeconds}`;
  }

  learn(program: string, operations: number | undefined, ms: number): void {
    if (operations === undefined) return;
    this.#rates.set(program, Math.max(this.#rates.get(program) ?? 0, 1000 * operations / ms));
  }
}
