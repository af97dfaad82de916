/**
 * Memory for time: a function whose intermediates are not kept for the sweep but computed again.
 *
 * While the function runs, stand-ins listen in place of the tapes and find out which watched tensors
 * it uses; then each tape hears of one op, from those tensors to the function's results. Its rule runs
 * the function again under a tape of its own and sweeps that. The rule is checkpointed like any
 * function, so the outer tapes that hear it keep only what goes into it, order after order.
 *
 * @module
 */

import { lend, recordCaptures } from "../tensor/captures.ts";
import { ignoreFailure, scope } from "../tensor/scope.ts";
import { formatShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { leaves } from "../tensor/tree.ts";
import { type Derivative, heardBy, type Listener, listeners, Tape } from "./tape.ts";

/**
 * Makes the function that computes the same as `f` but keeps none of its intermediates: where a
 * gradient is taken, `f` runs again.
 *
 * What goes into `f`, as arguments or by closure, and what comes out of it is kept. `f` takes anything
 * and returns any tree. It must do the same each time: random numbers come by key, running statistics
 * are handed in and out, and what it reads must not change before the gradient has been taken.
 *
 * Derivative: f's, of any order; every sweep runs f again and is itself checkpointed.
 *
 * @throws {TypeError} if `f` returns a Promise.
 * @throws {Error} when the gradient is taken, if `f` then returns other shapes than at first.
 * Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { checkpoint, grad, mul, sin, sum, type Tensor, tensor } from "../mod.ts";
 *
 * const block = (x: Tensor) => sin(mul(x, x));
 * const gradient = grad((x) => sum(block(x)))(tensor([1, 2]));
 * const again = grad((x) => sum(checkpoint(block)(x)))(tensor([1, 2]));
 * deepEqual(again.dataSync(), gradient.dataSync());
 * ```
 */
export function checkpoint<Args extends unknown[], Result>(
  f: (...args: Args) => Result,
): (...args: Args) => Result {
  return (...args) => {
    const run = () => checkSynchronous(f(...args));
    if (listeners().length === 0) return scope(run);
    const standIns = listeners().map((tape) => new StandIn(tape));
    const { result, captured } = recordCaptures(() => scope(() => heardBy(standIns, run)));
    for (const standIn of standIns) standIn.tell(leaves(result), captured, () => leaves(run()));
    for (const x of captured) x.dispose();
    return result;
  };
}

/** Listens in place of a tape that shall see as one op what is many. */
class StandIn implements Listener {
  readonly #tape: Listener;
  /** What the tape watches and the ops used. */
  readonly #variables = new Set<number>();
  /** What the ops made of it. */
  readonly #dependents = new Set<number>();

  constructor(tape: Listener) {
    this.#tape = tape;
  }

  watches(x: Tensor): boolean {
    return this.#dependents.has(x.id) || this.#tape.watches(x);
  }

  hear(_: string, outputs: readonly Tensor[], derivatives: readonly Derivative[]): void {
    const watched = derivatives.flatMap(({ inputs }) => inputs.filter((x) => this.watches(x)));
    if (watched.length === 0) return;
    for (const x of watched) if (!this.#dependents.has(x.id)) this.#variables.add(x.id);
    for (const output of outputs) this.#dependents.add(output.id);
  }

  /** Lets the tape hear the one op, if a result depends on what it watches. */
  tell(results: readonly Tensor[], captured: readonly Tensor[], again: () => Tensor[]): void {
    const ids = results.map(({ id }) => id);
    const places = ids.flatMap((id, place) =>
      this.#dependents.has(id) && ids.indexOf(id) === place ? [place] : []
    );
    if (places.length === 0) return;
    const shapes = shapesOf(results);
    const isVariable = captured.map(({ id }) => this.#variables.has(id));
    const rule: Derivative["rule"] = (...gsAndKept) => {
      const gs = gsAndKept.slice(0, places.length);
      const kept = gsAndKept.slice(places.length).filter((x) => x !== undefined);
      const wanted = places.filter((_, output) => gs[output] !== undefined);
      const variables = kept.filter((_, i) => isVariable[i]);
      const pullBack = (...gs: Tensor[]) =>
        lend(kept, () => {
          const tape = new Tape(variables);
          const outputs: Tensor[] = [];
          // The sweep wants the outputs' names alone: their numbers may go.
          scope(() => {
            const results = tape.listen(() => checkRepeated(again(), shapes));
            for (const place of wanted) outputs.push(results[place]);
          });
          return tape.sweep(outputs, gs, variables);
        });
      return checkpoint(pullBack)(...gs.filter((g) => g !== undefined));
    };
    const inputs = captured.filter((_, i) => isVariable[i]);
    const outputs = places.map((place) => results[place]);
    this.#tape.hear("checkpoint", outputs, [{ inputs, keeps: captured, rule }]);
  }
}

function shapesOf(results: readonly Tensor[]): string {
  return results.map(({ shape }) => formatShape(shape)).join(", ") || "none";
}

function checkRepeated(results: Tensor[], wanted: string): Tensor[] {
  const got = shapesOf(results);
  if (got === wanted) return results;
  throw new Error(
    `Cannot run a checkpointed function again: it returned tensors of shapes ${wanted} at first ` +
      `and ${got} now; it must do the same each time`,
  );
}

function checkSynchronous<Result>(result: Result): Result {
  if (!(result instanceof Promise)) return result;
  ignoreFailure(result);
  throw new TypeError(
    "Cannot checkpoint an async function: it returned a Promise; " +
      "await values outside of the function",
  );
}
