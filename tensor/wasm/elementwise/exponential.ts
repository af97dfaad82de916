/**
 * eˣ and the functions made of it, from + − × ÷ alone.
 *
 * Each computes in doubles, with a relative error below 2⁻³⁵ before the one rounding to a float: the
 * result is the nearest float, or in a few cases of a million its neighbour.
 *
 * @module
 */

import { type Body, f32x4, f64x2, i64x2, v128, type Vector } from "../assembler/mod.ts";
import { logarithm1p } from "./logarithm.ts";
import { type Operation, polynomial, throughDoubles, type VectorFunction } from "./operation.ts";

/** e to this power is infinite as a float, and e to its negative 0. */
const LARGEST = 110;

/** A double of this size has its units in the lowest bit. */
const UNITS_LOWEST = 1.5 * 2 ** 52;

/** eʳ = 1 + r + r²/2! + … up to r⁹; for |r| ≤ ½ ln 2 what is missing is below 2⁻³⁷. */
const HALF_AND_ON = [2, 3, 4, 5, 6, 7, 8, 9].map((n) => 1 / factorial(n));

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** eᵗ = power + power · excess: a power of two, and eʳ − 1 for the rest r, |r| ≤ ½ ln 2. */
interface Parts {
  readonly power: Vector;
  readonly excess: Vector;
}

/** For doubles from −LARGEST to LARGEST, and NaN. */
function exponentialParts(k: Body): (t: Vector) => Parts {
  const perLn2 = k.let(f64x2.const(1 / Math.LN2));
  const minusLn2 = k.let(f64x2.const(-Math.LN2));
  const unitsLowest = k.let(f64x2.const(UNITS_LOWEST));
  const one = k.let(i64x2.const(1023n << 52n));
  const series = polynomial(k, HALF_AND_ON);
  return (t) => {
    const shifted = k.let(f64x2.add(f64x2.mul(t, perLn2), unitsLowest));
    const r = k.let(f64x2.mulAdd(f64x2.sub(shifted, unitsLowest), minusLn2, t));
    return {
      power: k.let(i64x2.add(i64x2.shl(shifted, 52), one)),
      excess: k.let(f64x2.mulAdd(f64x2.mul(r, r), series(r), r)),
    };
  };
}

/** eᵗ of doubles; beyond ±110, where a float would be 0 or infinite, e^±110. */
export function exponential(k: Body): VectorFunction {
  const lowest = k.let(f64x2.const(-LARGEST));
  const highest = k.let(f64x2.const(LARGEST));
  const parts = exponentialParts(k);
  return (t) => {
    const { power, excess } = parts(k.let(f64x2.pmax(f64x2.pmin(t, highest), lowest)));
    return f64x2.mulAdd(power, excess, power);
  };
}

export const exp: Operation = (k) => throughDoubles(k, exponential(k));

export const sigmoid: Operation = (k) => {
  const toPower = exponential(k);
  const one = k.let(f64x2.const(1));
  return throughDoubles(k, (x) => f64x2.div(one, f64x2.add(one, toPower(k.let(f64x2.neg(x))))));
};

/** (e²ˣ − 1) / (e²ˣ + 1), the numerator without its cancellation near 0. */
export const tanh: Operation = (k) => {
  const parts = exponentialParts(k);
  const highest = k.let(f64x2.const(LARGEST));
  const one = k.let(f64x2.const(1));
  const two = k.let(f64x2.const(2));
  const signBit = k.let(f32x4.const(-0));
  const ofMagnitudes = throughDoubles(k, (x) => {
    const { power, excess } = parts(k.let(f64x2.pmin(f64x2.add(x, x), highest)));
    const numerator = k.let(f64x2.mulAdd(power, excess, f64x2.sub(power, one)));
    return f64x2.div(numerator, f64x2.add(numerator, two));
  });
  return (x) => v128.or(ofMagnitudes(f32x4.abs(x)), v128.and(x, signBit));
};

/** max(x, 0) + log(1 + e^−|x|). */
export const softplus: Operation = (k) => {
  const toPower = exponential(k);
  const logarithm = logarithm1p(k);
  const zero = k.let(f64x2.const(0));
  return throughDoubles(k, (x) => {
    const small = k.let(toPower(k.let(f64x2.neg(f64x2.abs(x)))));
    return f64x2.add(f64x2.pmax(x, zero), logarithm(small));
  });
};
