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

/** A layer's forward pass as training runs it: a tape listens. */
export function forwardPass(layer: Layer, xs: readonly Tensor[]): void {
  scope(() => {
    const variables = xs.map(alias);
    const tape = new Tape(variables);
    tape.listen(() => layer(variables));
    tape.discard();
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

  forward(): void {
    this.#pending = scope(() => {
      const variables = this.xs.map(alias);
      const tape = new Tape(variables);
      return { tape, variables, output: tape.listen(() => this.layer(variables)) };
    });
  }

  backward(): void {
    if (this.#pending === undefined) throw new Error("Cannot sweep back: nothing went forward");
    const { tape, variables, output } = this.#pending;
    this.#pending = undefined;
    scope(() => void tape.sweep([output], [this.gradient], variables));
    for (const handle of [output, ...variables]) handle.dispose();
  }
}
