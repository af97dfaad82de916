/**
 * What an optimiser is, and the checks that all of them share.
 *
 * @module
 */

import { formatShape, sameShape, type Shape } from "../../tensor/shape.ts";
import { mapTree, type Tree } from "../../tensor/tree.ts";
import type { Schedule } from "../schedules/schedule.ts";

/** What every optimiser remembers: how many updates it has made. A number, so that it is exact. */
export type OptimizerState = { readonly step: number };

/**
 * Two pure functions: what to remember at first, and one step downhill.
 *
 * Neither changes its arguments nor disposes them. An update frees its temporaries itself; run it in
 * a `scope` (or dispose the old trees) so that the old parameters and state go too.
 */
export interface Optimizer<State extends OptimizerState> {
  /** The state before the first update: trees of zeros like the parameters. */
  init(params: Tree): State;
  /**
   * Moves parameters against their gradients; returns the new parameters and the new state.
   *
   * The learning rate is the optimiser's own unless given.
   *
   * @throws {TypeError} if parameters, gradients and state are not trees of one structure and shape.
   * @throws {RangeError} if the learning rate is negative or not finite.
   */
  update<Params extends Tree>(
    params: Params,
    grads: Tree,
    state: State,
    lr?: LearningRate,
  ): [Params, State];
}

/** A learning rate for all steps, or one for each. */
export type LearningRate = number | Schedule;

/**
 * The learning rate of a step.
 *
 * @throws {RangeError} if it is negative or not finite.
 */
export function learningRateAt(lr: LearningRate, step: number): number {
  const value = typeof lr === "number" ? lr : lr(step);
  checkOption("lr", value, (x) => x >= 0, "a finite number from 0 up");
  return value;
}

/**
 * Checks an option of an optimiser.
 *
 * @throws {RangeError} if it is not finite or not `valid`.
 */
export function checkOption(
  name: string,
  value: number,
  valid: (value: number) => boolean,
  wanted: string,
): void {
  if (!(Number.isFinite(value) && valid(value))) {
    throw new RangeError(`Cannot optimise with ${name} ${value}: it must be ${wanted}`);
  }
}

/**
 * Checks that a tree has a tensor at the place of each parameter and of its shape; without that a
 * gradient of another shape would be broadcast in silence.
 *
 * @throws {TypeError} if it has not.
 */
export function checkLikeParams(what: string, tree: Tree, params: Tree): void {
  const wanted = shapesByPath(params);
  const found = shapesByPath(tree);
  if (found.length !== wanted.length) {
    throw new TypeError(
      `Cannot update ${wanted.length} parameters by ${found.length} tensors of ${what}: ` +
        `both trees must have one structure`,
    );
  }
  wanted.forEach(([path, shape], i) => {
    const [otherPath, otherShape] = found[i];
    if (path !== otherPath || !sameShape(shape, otherShape)) {
      throw new TypeError(
        `Cannot update parameter "${path}" of shape ${formatShape(shape)}: the ${what} at its ` +
          `place must be the same, got "${otherPath}" of shape ${formatShape(otherShape)}`,
      );
    }
  });
}

function shapesByPath(tree: Tree): [string, Shape][] {
  const shapes: [string, Shape][] = [];
  mapTree(tree, (leaf, path) => {
    shapes.push([path, leaf.shape]);
    return leaf;
  });
  return shapes;
}
