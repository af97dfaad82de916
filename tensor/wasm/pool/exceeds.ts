/**
 * The order in which maxima are found.
 *
 * @module
 */

import { f32x4, v128, type Vector } from "../assembler/mod.ts";

/** Ones where a is larger than b, NaN being the largest of all. */
export function exceeds(a: Vector, b: Vector): Vector {
  return v128.andnot(f32x4.eq(b, b), f32x4.le(a, b));
}
