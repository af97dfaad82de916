/**
 * What an elementwise kernel does, apart from how it walks over memory.
 *
 * @module
 */

import { type Body, f32x4, f64x2, v128, type Value, type Vector } from "../assembler/mod.ts";

/**
 * Makes one vector of results from one vector of each operand. It is prepared before a loop, where it
 * leaves its constants in variables: V8 would build them anew for each vector.
 */
export type Operation = (k: Body, number: Value<"f64">) => (...operands: Vector[]) => Vector;

/** A function of one vector of floats, single or double as the context says. */
export type VectorFunction = (x: Vector) => Vector;

/** Four floats by a function of two doubles, rounded once at the end. */
export function throughDoubles(k: Body, compute: VectorFunction): VectorFunction {
  return (x) => {
    const singles = k.let(x);
    const upper = v128.shuffle(singles, singles, [2, 3, 2, 3]);
    const low = k.let(compute(k.let(f64x2.promoteLowF32x4(singles))));
    const high = compute(k.let(f64x2.promoteLowF32x4(upper)));
    return v128.shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), [0, 1, 4, 5]);
  };
}

/** The polynomial c₀ + c₁x + c₂x² + … of doubles, by Horner's rule. */
export function polynomial(k: Body, coefficients: readonly number[]): VectorFunction {
  const [highest, ...lower] = coefficients.map((c) => k.let(f64x2.const(c))).reverse();
  return (x) => lower.reduce<Vector>((sum, c) => f64x2.mulAdd(sum, x, c), highest);
}
