/**
 * The two halves of differentiating, each by itself.
 *
 * @module
 */

import { alias } from "../../autograd/ops/alias.ts";
import { Tape } from "../../autograd/tape.ts";
import { scope, type Tensor } from "../../tensor/mod.ts";

/** A layer, as a function of its input and its parameters. */
export type Layer = (xs: Tensor[]) => Tensor;

/** The output of a layer's forward pass as training runs it: a tape listens. */
export function forwardPass(layer: Layer, xs: readonly Tensor[]): Tensor {
  return scope(() => {
    const variables = xs.map(alias);
    const tape = new Tape(variables);
    const output = tape.listen(() => layer(variables));
    tape.discard();
    return output;
  });
}

/** A layer's backward pass: the forward one makes it ready and is not part of it. */
export class BackwardPass {
  #pending?: { readonly tape: Tape; readonly variables: Tensor[]; readonly output: Tensor };

  constructor(
    readonly layer: Layer,
    readonly xs: readonly Tensor[],
    readonly gradient: Tensor,
  ) {}

  /** The output, which the backward pass lets go of. */
  forward(): Tensor {
    const pending = scope(() => {
      const variables = this.xs.map(alias);
      const tape = new Tape(variables);
      return { tape, variables, output: tape.listen(() => this.layer(variables)) };
    });
    this.#pending = pending;
    return pending.output;
  }

  /** The gradient of the input. */
  backward(): Tensor {
    if (this.#pending === undefined) throw new Error("Cannot sweep back: nothing went forward");
    const { tape, variables, output } = this.#pending;
    this.#pending = undefined;
    const gradient = scope(() => tape.sweep([output], [this.gradient], variables)[0]);
    for (const handle of [output, ...variables]) handle.dispose();
    return gradient;
  }
}
