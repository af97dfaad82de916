/**
 * Four numbers in float64, as two vectors: what sums of float32 numbers go on in.
 *
 * @module
 */

import { type Body, f32x4, f64x2, type Local, v128, type Vector } from "./assembler/mod.ts";

/** The first two numbers and the last two. */
export type Pairs = readonly [Vector, Vector];

/** Four f32 in float64. */
export function widened(k: Body, four: Vector): readonly [Local<"v128">, Local<"v128">] {
  const value = k.let(four);
  return [
    k.let(f64x2.promoteLowF32x4(value)),
    k.let(f64x2.promoteLowF32x4(v128.shuffle(value, value, [2, 3, 2, 3]))),
  ];
}

/** Four f64 in float32. */
export function narrowed([low, high]: Pairs): Vector {
  return v128.shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), [0, 1, 4, 5]);
}
