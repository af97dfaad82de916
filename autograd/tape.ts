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
import { Tensor } from "../tensor/tensor.ts";
import { add } from "./ops/add.ts";

/** How the gradients of an op's outputs become the gradients of some of its inputs. */
export interface Derivative {
  readonly inputs: readonly Tensor[];
  /** What the rule is handed back: a tape keeps these alive until it has swept past the op. */
  readonly keeps: readonly Tensor[];
  /**
   * A function, written in differentiable ops, of the gradients of the op's outputs (undefined where
   * the differentiated value does not depend on one) and then of the kept tensors, and of nothing else.
   * Returns one gradient for each of the inputs, or the gradient of the only one.
   */
  readonly rule: (...gsAndKept: readonly (Tensor | undefined)[]) => Tensor | readonly Tensor[];
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
  return { inputs: [input], keeps, rule: rule as Derivative["rule"] };
}

/** Writes down a rule that makes the gradients of several inputs at once. */
export function jointDerivative<Kept extends Tensor[]>(
  inputs: readonly Tensor[],
  keeps: readonly [...Kept],
  rule: (g: Tensor, ...kept: Kept) => readonly Tensor[],
): Derivative {
  return { inputs, keeps, rule: rule as Derivative["rule"] };
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

/** An op that a tape heard. Inputs and outputs are remembered by name: their handles may be disposed. */
interface Entry {
  readonly op: string;
  readonly outputs: readonly Tensor[];
  readonly derivatives: readonly Derivative[];
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
    const wanted: Derivative[] = [];
    for (const { inputs, keeps, rule } of derivatives) {
      if (!inputs.some((x) => this.watches(x))) continue;
      wanted.push({ inputs, keeps: keeps.map((x) => x.keep()), rule });
    }
    if (wanted.length === 0) return;
    for (const { id } of outputs) this.#watched.add(id);
    this.#entries.push({ op, outputs, derivatives: wanted });
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
    outputs.forEach((output, i) => gradients.add(output, gs[i].share()));
    const temporaries = new Scope();
    try {
      for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
        try {
          this.#passBack(entry, gradients, temporaries);
        } finally {
          release(entry);
        }
      }
    } finally {
      temporaries.disposeAll();
      this.discard();
    }
    return variables.map((x) => gradients.take(x) ?? zerosLike(x));
  }

  /** Turns the gradients of an entry's outputs into shares of the gradients of its inputs. */
  #passBack({ op, outputs, derivatives }: Entry, gradients: Gradients, temporaries: Scope): void {
    const gs = outputs.map((output) => gradients.take(output));
    if (gs.every((g) => g === undefined)) return;
    for (const { inputs, keeps, rule } of derivatives) {
      const made = withScope(temporaries, () => rule(...gs, ...keeps));
      // Claimed before the first is added up: a rule may return one tensor for several inputs.
      const shares = (made instanceof Tensor ? [made] : made)
        .map((share, i) => this.watches(inputs[i]) ? share.claim(temporaries) : undefined);
      temporaries.disposeAll();
      shares.forEach((share, i) => {
        if (share === undefined) return;
        checkShare(op, share, inputs[i]);
        gradients.add(inputs[i], share);
      });
    }
    for (const g of gs) g?.dispose();
  }

  /** Lets go of everything that is still on the tape. */
  discard(): void {
    this.#entries.splice(0).forEach(release);
  }
}

function release({ derivatives }: Entry): void {
  for (const { keeps } of derivatives) for (const x of keeps) x.dispose();
}

function checkShare(op: string, share: Tensor, { shape }: Tensor): void {
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
  add({ id }: Tensor, share: Tensor): void {
    const before = this.#byId.get(id);
    this.#byId.set(id, before === undefined ? share : addUp(before, share));
  }

  /** Hands a gradient over, if there is one. */
  take({ id }: Tensor): Tensor | undefined {
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
