/**
 * The tape: a list of the ops that touched the tensors it watches, and the sweep back through it.
 *
 * Tapes stand on a stack. Every op is heard by each tape on it that watches one of the op's inputs.
 * `valueAndGrad` takes its tape off the stack before it sweeps; the sweep itself is made of ordinary
 * ops, so the tapes that are left hear it too. That is all there is to gradients of gradients.
 *
 * @module
 */

import { onesLike, zerosLike } from "../tensor/creation.ts";
import { scope } from "../tensor/scope.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./ops/add.ts";

/**
 * How an op's output gradient becomes the gradients of some of its inputs.
 *
 * `rule` is a function of the incoming gradient and of the tensors in `keeps` alone, written in
 * differentiable ops; it returns one gradient for each of `inputs`. The tape keeps those tensors
 * alive until it has swept past the op.
 */
export interface Derivative {
  readonly inputs: readonly Tensor[];
  readonly keeps: readonly Tensor[];
  readonly rule: (g: Tensor, ...kept: Tensor[]) => readonly Tensor[];
}

/**
 * Writes down the derivative with respect to one input: the tensors that the rule needs (inputs, the
 * output, masks and indices) and the rule.
 *
 * The rule is handed those tensors again and must use what it is handed: by the time it runs, the
 * handles it was written beside may have been disposed.
 */
export function derivative<Kept extends Tensor[]>(
  input: Tensor,
  keeps: readonly [...Kept],
  rule: (g: Tensor, ...kept: Kept) => Tensor,
): Derivative {
  return jointDerivative([input], keeps, (g, ...kept) => [rule(g, ...kept)]);
}

/** Writes down a rule that makes the gradients of several inputs at once. */
export function jointDerivative<Kept extends Tensor[]>(
  inputs: readonly Tensor[],
  keeps: readonly [...Kept],
  rule: (g: Tensor, ...kept: Kept) => readonly Tensor[],
): Derivative {
  return { inputs, keeps, rule: rule as Derivative["rule"] };
}

/** An input as a tape remembers it: by name, without holding it. */
interface Target {
  readonly id: number;
  readonly shape: readonly number[];
  readonly watched: boolean;
}

interface Step {
  readonly targets: readonly Target[];
  readonly keeps: readonly Tensor[];
  readonly rule: Derivative["rule"];
}

interface Entry {
  readonly op: string;
  readonly output: number;
  readonly steps: readonly Step[];
}

/** The tapes that listen now, outermost first. */
const listening: Tape[] = [];

/** One level of differentiation. */
export class Tape {
  readonly #watched: Set<number>;
  readonly #entries: Entry[] = [];

  constructor(variables: readonly Tensor[]) {
    this.#watched = new Set(variables.map((x) => x.id));
  }

  watches(x: Tensor): boolean {
    return this.#watched.has(x.id);
  }

  /** Runs `body` and writes down what it does to watched tensors. */
  listen<T>(body: () => T): T {
    listening.push(this);
    try {
      return body();
    } catch (error) {
      this.discard();
      throw error;
    } finally {
      listening.pop();
    }
  }

  hear(op: string, output: Tensor, derivatives: readonly Derivative[]): void {
    const wanted = derivatives.filter(({ inputs }) => inputs.some((x) => this.watches(x)));
    if (wanted.length === 0) return;
    const steps = wanted.map(({ inputs, keeps, rule }) => ({
      targets: inputs.map((x) => ({ id: x.id, shape: x.shape, watched: this.watches(x) })),
      keeps: keeps.map((x) => x.keep()),
      rule,
    }));
    this.#watched.add(output.id);
    this.#entries.push({ op, output: output.id, steps });
  }

  /**
   * The gradients of a scalar with respect to the tape's variables, in the same order.
   *
   * Walks the entries backwards and lets go of each one's tensors as it passes.
   *
   * @throws {TypeError} if a rule returns a gradient of another shape than its input's.
   */
  sweep(value: Tensor, variables: readonly Tensor[]): Tensor[] {
    const gradients = new Map([[value.id, onesLike(value)]]);
    try {
      for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
        try {
          passBack(entry, gradients);
        } finally {
          release(entry);
        }
      }
    } finally {
      this.discard();
    }
    return variables.map((x) => gradients.get(x.id) ?? zerosLike(x));
  }

  /** Lets go of everything that is still on the tape. */
  discard(): void {
    this.#entries.splice(0).forEach(release);
  }
}

function release(entry: Entry): void {
  for (const { keeps } of entry.steps) keeps.forEach((x) => x.dispose());
}

/** Turns the gradient of an entry's output into a share of the gradient of each of its inputs. */
function passBack({ op, output, steps }: Entry, gradients: Map<number, Tensor>): void {
  const g = gradients.get(output);
  if (g === undefined) return;
  gradients.delete(output);
  for (const step of steps) {
    const shares = sharesOf(step, g);
    for (const [i, target] of watchedTargets(step).entries()) {
      const share = shares[i];
      if (!sameShape(share.shape, target.shape)) {
        throw new TypeError(
          `Cannot differentiate ${op}: its rule made a gradient of shape ` +
            `${formatShape(share.shape)} for an input of shape ${formatShape(target.shape)}`,
        );
      }
      accumulate(gradients, target.id, share);
    }
  }
  g.dispose();
}

/** The rule's gradients for {@linkcode watchedTargets}, as handles that may each be disposed. */
function sharesOf({ targets, keeps, rule }: Step, g: Tensor): Tensor[] {
  return scope(() =>
    rule(g, ...keeps).filter((_, i) => targets[i].watched).map((share) => share.share())
  );
}

function watchedTargets({ targets }: Step): Target[] {
  return targets.filter(({ watched }) => watched);
}

function accumulate(gradients: Map<number, Tensor>, input: number, share: Tensor): void {
  const before = gradients.get(input);
  if (before === undefined) {
    gradients.set(input, share);
    return;
  }
  gradients.set(input, add(before, share));
  before.dispose();
  share.dispose();
}

/** Tells the listening tapes how to go back from an op's output to its inputs; returns the output. */
export function taped(op: string, output: Tensor, derivatives: readonly Derivative[]): Tensor {
  for (const tape of listening) tape.hear(op, output, derivatives);
  return output;
}

/** True if a listening tape watches one of the tensors: what is computed from it may be differentiated. */
export function isWatched(...tensors: readonly Tensor[]): boolean {
  return listening.some((tape) => tensors.some((x) => tape.watches(x)));
}
