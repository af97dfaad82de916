/**
 * Smooth noise for skin, hair, cloth and walls: random values on a lattice that repeats, with
 * cubic easing in between (value noise).
 *
 * @module
 */

import { type RandomKey, randomWords } from "../../tensor/random.ts";

/** Noise from −1 to 1 at a point; one unit is one cell of the lattice. */
export type Noise = (x: number, y: number) => number;

const PERIOD = 16;

export function smoothNoise(key: RandomKey): Noise {
  const lattice = Float32Array.from(
    randomWords(key, PERIOD * PERIOD),
    (word) => word / 2 ** 31 - 1,
  );
  const at = (column: number, row: number) =>
    lattice[(row & (PERIOD - 1)) * PERIOD + (column & (PERIOD - 1))];

  return (x, y) => {
    const column = Math.floor(x);
    const row = Math.floor(y);
    const right = ease(x - column);
    const down = ease(y - row);
    const top = at(column, row) * (1 - right) + at(column + 1, row) * right;
    const bottom = at(column, row + 1) * (1 - right) + at(column + 1, row + 1) * right;
    return top * (1 - down) + bottom * down;
  };
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
