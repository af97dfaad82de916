/**
 * The tape: a list of the ops that touched the tensors it watches, and the sweep back through it.
 *
 * Tapes stand on a stack. Every op is heard by each tape on it that watches one of the op's inputs.
 * `valueAndGrad` takes its tape off the stack before it sweeps; the sweep itself is made of ordinary
 * ops, so the tapes that are left hear it too. That is all there is to gradients of gradients.
 *
 * @module
 */

import { zerosLike } from "../tensor/creation.ts";
import { Scope, withScope } from "../tensor/handles.ts";
import { formatShape, sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { add } from "./ops/add.ts";

/** How the gradients of an op's outputs become the gradients of some of its inputs. */
export interface Derivative {
  readonly inputs: readonly Tensor[];
  /** What the rule is handed back: the tape keeps these alive until it has swept past the op. */
  readonly keeps: readonly Tensor[];
  readonly rule: Rule;
}

/**
 * A function of the outputs' gradients and of the kept tensors alone, written in differentiable ops;
 * it returns one gradient for each of the derivative's inputs. Outputs that the differentiated value
 * does not depend on have no gradient: `places` tells whose gradients `gs` are.
 */
export type Rule = (
  gs: readonly Tensor[],
  kept: readonly Tensor[],
  places: readonly number[],
) => readonly Tensor[];

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
  return { inputs: [input], keeps, rule: (gs, kept) => [rule(gs[0], ...(kept as Kept))] };
}

/** Writes down a rule that makes the gradients of several inputs at once. */
export function jointDerivative<Kept extends Tensor[]>(
  inputs: readonly Tensor[],
  keeps: readonly [...Kept],
  rule: (g: Tensor, ...kept: Kept) => readonly Tensor[],
): Derivative {
  return { inputs, keeps, rule: (gs, kept) => rule(gs[0], ...(kept as Kept)) };
}

/** What hears ops: a tape, or what stands in for one. */
export interface Listener {
  watches(x: Tensor): boolean;
  hear(op: string, outputs: readonly Tensor[], derivatives: readonly Derivative[]): void;
}

/** Those that listen now, outermost first. */
let listening: readonly Listener[] = [];

/** Those that listen now, outermost first. */
export function listeners(): readonly Listener[] {
  return listening;
}

/** Runs `body` heard by these alone. */
export function heardBy<T>(these: readonly Listener[], body: () => T): T {
  const before = listening;
  listening = these;
  try {
    return body();
  } finally {
    listening = before;
  }
}

/** Tells the listening tapes how to go back from an op's output to its inputs; returns the output. */
export function taped(op: string, output: Tensor, derivatives: readonly Derivative[]): Tensor {
  for (let i = 0; i < listening.length; i++) listening[i].hear(op, [output], derivatives);
  return output;
}

/** True if a listening tape watches one of the tensors: what is computed from it may be differentiated. */
export function isWatched(...tensors: readonly Tensor[]): boolean {
  return listening.some((listener) => tensors.some((x) => listener.watches(x)));
}

/** An input that a tape watches, as it remembers it: by name, without holding it. */
interface Target {
  readonly id: number;
  readonly shape: readonly number[];
  /** Which of the rule's gradients is this input's. */
  readonly place: number;
}

interface Step {
  readonly targets: readonly Target[];
  readonly keeps: readonly Tensor[];
  readonly rule: Rule;
}

interface Entry {
  readonly op: string;
  readonly outputs: readonly number[];
  readonly steps: readonly Step[];
}

/** One level of differentiation. */
export class Tape implements Listener {
  readonly #watched = new Set<number>();
  readonly #entries: Entry[] = [];

  constructor(variables: readonly Tensor[]) {
    for (const { id } of variables) this.#watched.add(id);
  }

  watches(x: Tensor): boolean {
    return this.#watched.has(x.id);
  }

  /** Runs `body` and writes down what it does to watched tensors. */
  listen<T>(body: () => T): T {
    try {
      return heardBy([...listening, this], body);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  hear(op: string, outputs: readonly Tensor[], derivatives: readonly Derivative[]): void {
    const steps: Step[] = [];
    for (const { inputs, keeps, rule } of derivatives) {
      const targets = this.#targets(inputs);
      if (targets.length > 0) steps.push({ targets, keeps: keeps.map((x) => x.keep()), rule });
    }
    if (steps.length === 0) return;
    const ids = outputs.map(({ id }) => id);
    for (const id of ids) this.#watched.add(id);
    this.#entries.push({ op, outputs: ids, steps });
  }

  #targets(inputs: readonly Tensor[]): Target[] {
    const targets: Target[] = [];
    for (let place = 0; place < inputs.length; place++) {
      const { id, shape } = inputs[place];
      if (this.#watched.has(id)) targets.push({ id, shape, place });
    }
    return targets;
  }

  /**
   * From the gradients of `outputs`, the gradients with respect to the tape's variables.
   *
   * Walks the entries backwards and lets go of each one's tensors as it passes.
   *
   * @throws {TypeError} if a rule returns a gradient of another shape than its input's.
   */
  sweep(
    outputs: readonly Tensor[],
    gs: readonly Tensor[],
    variables: readonly Tensor[],
  ): Tensor[] {
    const gradients = new Gradients();
    outputs.forEach((output, i) => gradients.add(output.id, gs[i].share()));
    const temporaries = new Scope();
    try {
      for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
        try {
          passBack(entry, gradients, temporaries);
        } finally {
          release(entry);
        }
      }
    } finally {
      temporaries.disposeAll();
      this.discard();
    }
    return variables.map((x) => gradients.take(x.id) ?? zerosLike(x));
  }

  /** Lets go of everything that is still on the tape. */
  discard(): void {
    this.#entries.splice(0).forEach(release);
  }
}

function release(entry: Entry): void {
  for (const { keeps } of entry.steps) for (const x of keeps) x.dispose();
}

/** Turns the gradients of an entry's outputs into shares of the gradients of its inputs. */
function passBack({ op, outputs, steps }: Entry, gradients: Gradients, temporaries: Scope): void {
  const gs: Tensor[] = [];
  const places: number[] = [];
  for (let place = 0; place < outputs.length; place++) {
    const g = gradients.take(outputs[place]);
    if (g === undefined) continue;
    gs.push(g);
    places.push(place);
  }
  if (gs.length === 0) return;
  for (const { targets, keeps, rule } of steps) {
    const made = withScope(temporaries, () => rule(gs, keeps, places));
    // Claimed before the first is added up: a rule may return one tensor for several inputs.
    const shares = targets.map(({ place }) => made[place].claim(temporaries));
    temporaries.disposeAll();
    for (let i = 0; i < targets.length; i++) {
      checkShare(op, shares[i], targets[i]);
      gradients.add(targets[i].id, shares[i]);
    }
  }
  for (const g of gs) g.dispose();
}

function checkShare(op: string, share: Tensor, { shape }: Target): void {
  if (sameShape(share.shape, shape)) return;
  throw new TypeError(
    `Cannot differentiate ${op}: its rule made a gradient of shape ` +
      `${formatShape(share.shape)} for an input of shape ${formatShape(shape)}`,
  );
}

/** The gradients known so far in a sweep, by the tensors' ids; each is the sum of its shares. */
class Gradients {
  readonly #byId = new Map<number, Tensor>();

  /** Takes a share over. */
  add(id: number, share: Tensor): void {
    const before = this.#byId.get(id);
    this.#byId.set(id, before === undefined ? share : addUp(before, share));
  }

  /** Hands a gradient over, if there is one. */
  take(id: number): Tensor | undefined {
    const gradient = this.#byId.get(id);
    this.#byId.delete(id);
    return gradient;
  }
}

/** The sum of two gradients, both of which are taken over: in place where nobody would notice. */
function addUp(x: Tensor, y: Tensor): Tensor {
  if (x.dtype === y.dtype && x.device === y.device && !isWatched(x, y)) {
    if (x.storage.isHeldOnce) return addInto(x, y);
    if (y.storage.isHeldOnce) return addInto(y, x);
  }
  const total = add(x, y);
  x.dispose();
  y.dispose();
  return total;
}

function addInto(x: Tensor, y: Tensor): Tensor {
  x.device.kernels.accumulate(x, y);
  y.dispose();
  return x;
}
