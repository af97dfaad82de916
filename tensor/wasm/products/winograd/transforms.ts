/**
 * Winograd's algorithms F(m×m, 3×3) as data: m×m results of a 3×3 filter from tiles of (m+2)×(m+2)
 * inputs, by one multiplication for each input in place of nine for each result.
 *
 * A correlation y = Aᵀ[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]A is exact; its two transposes need no other matrices.
 *
 * Source: Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016.
 *
 * @module
 */

import type { Body, Vector } from "../../assembler/mod.ts";

/** A linear map of a few vectors to a few others. */
export type Transform = (k: Body, x: readonly Vector[]) => Vector[];

/** One of the algorithms. */
export interface Algorithm {
  readonly name: string;
  /** The side of a tile of results. */
  readonly results: 2 | 4;
  /** The side of a tile of inputs. */
  readonly inputs: 4 | 6;
  /** Places of a tile of inputs. */
  readonly planes: number;
  /** Bᵀ·d: inputs to as many. */
  readonly inputTransform: Transform;
  /** G·g: three taps to as many as there are inputs. */
  readonly filterTransform: Transform;
  /** Aᵀ·m: as many products as there are inputs to results. */
  readonly outputTransform: Transform;
  /** A·g: gradients of results to as many as there are inputs. */
  readonly gradientTransform: Transform;
  /** Gᵀ·s: as many sums as there are inputs to three taps. */
  readonly tapTransform: Transform;
}

/**
 * A transform along both axes of a square: columns first, by way of a place in scratch.
 *
 * `load` gives the element of a row and a column; `store` is told each of the results.
 */
export function transformBoth(
  k: Body,
  [from, to]: readonly [number, number],
  transform: Transform,
  load: (row: number, column: number) => Vector,
  between: { put: (index: number, value: Vector) => void; get: (index: number) => Vector },
  store: (row: number, column: number, value: Vector) => void,
): void {
  const held = Array.from({ length: from }, () => k.local("v128"));
  for (let column = 0; column < from; column++) {
    held.forEach((x, row) => k.set(x, load(row, column)));
    transform(k, held).forEach((y, row) => between.put(row * from + column, y));
  }
  for (let row = 0; row < to; row++) {
    held.forEach((x, column) => k.set(x, between.get(row * from + column)));
    transform(k, held).forEach((y, column) => store(row, column, y));
  }
}
