/**
 * What a layer is: a function that makes parameters, and a function of them.
 *
 * @module
 */

import type { TensorOptions } from "../../tensor/creation.ts";
import type { RandomKey } from "../../tensor/random.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Tree } from "../../tensor/tree.ts";

/** Parameters, which gradients flow to, and a state, which training moves without a gradient. */
export interface Variables<Params extends Tree = Tree, State extends Tree = Tree> {
  /** What an optimiser moves. */
  readonly params: Params;
  /** Running statistics, for instance. */
  readonly state: State;
}

/** How a layer is applied. */
export interface Mode {
  /** True while learning: dropout drops, batch normalisation uses the batch's statistics. */
  readonly training: boolean;
  /** The source of randomness, which dropout needs in training; use another one at each step. */
  readonly key?: RandomKey;
}

/** A part of a network. It holds no numbers of its own, only sizes and options. */
export interface Layer<Params extends Tree = Tree, State extends Tree = Tree> {
  /** Makes the first parameters and state: float32 on the current device unless told. */
  init(key: RandomKey, options?: TensorOptions): Variables<Params, State>;
  /** Computes the layer's output and its new state. */
  apply(x: Tensor, params: Params, state: State, mode: Mode): [Tensor, State];
}

/** What layers without parameters or without state have in their place. */
export type Nothing = Readonly<Record<string, never>>;

/**
 * Checks a size that a layer is made with.
 *
 * @throws {RangeError} if it is not a whole number from 1 up.
 */
export function checkSize(layer: string, name: string, value: number): void {
  if (!(Number.isSafeInteger(value) && value >= 1)) {
    throw new RangeError(
      `Cannot make a ${layer} layer with ${name} ${value}: it must be a whole number from 1 up`,
    );
  }
}
