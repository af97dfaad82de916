/**
 * The natural logarithm, from + − × ÷ alone.
 *
 * Each function computes in doubles before the one rounding to a float: the result is the nearest float,
 * or in a few cases of a million its neighbour.
 *
 * @module
 */

import { type Body, f32x4, f64x2, i32x4, i64x2, v128 } from "../assembler/mod.ts";
import { type Operation, polynomial, throughDoubles, type VectorFunction } from "./operation.ts";

/** Its square is what the series goes by: less than 0.0295 for (m − 1)/(m + 1), √½ ≤ m < √2. */
const TERMS = 8;

/** 2 artanh s = 2s (1 + s²/3 + s⁴/5 + …) of doubles, |s| < 0.172; what is missing is below 2⁻⁴⁴. */
function twiceArtanh(k: Body): VectorFunction {
  const series = polynomial(k, Array.from({ length: TERMS }, (_, n) => 2 / (2 * n + 1)));
  return (s) => f64x2.mul(s, series(k.let(f64x2.mul(s, s))));
}

/** log x of positive normal doubles: n ln 2 + log m, with √½ ≤ m < √2. */
export function logarithm(k: Body): VectorFunction {
  const rootHalf = k.let(f64x2.const(Math.SQRT1_2));
  const exponentBits = k.let(i64x2.const(0xfffn << 52n));
  const ln2 = k.let(f64x2.const(Math.LN2));
  const one = k.let(f64x2.const(1));
  const artanh = twiceArtanh(k);
  return (x) => {
    const scale = k.let(i64x2.sub(x, rootHalf));
    const exponents = k.let(i32x4.shrS(scale, 20));
    const n = f64x2.convertLowI32x4(v128.shuffle(exponents, exponents, [1, 3, 1, 3]));
    const m = k.let(i64x2.sub(x, v128.and(scale, exponentBits)));
    const s = k.let(f64x2.div(f64x2.sub(m, one), f64x2.add(m, one)));
    return f64x2.add(f64x2.mul(n, ln2), artanh(s));
  };
}

/** log(1 + x) of doubles from 0 to 1. */
export function logarithm1p(k: Body): VectorFunction {
  const turn = k.let(f64x2.const(Math.SQRT2 - 1));
  const ln2 = k.let(f64x2.const(Math.LN2));
  const one = k.let(f64x2.const(1));
  const two = k.let(f64x2.const(2));
  const artanh = twiceArtanh(k);
  return (x) => {
    const isLarge = k.let(f64x2.gt(x, turn));
    const extra = k.let(v128.and(isLarge, one));
    const s = k.let(f64x2.div(
      f64x2.sub(x, extra),
      f64x2.add(f64x2.add(x, two), extra),
    ));
    return f64x2.add(v128.and(isLarge, ln2), artanh(s));
  };
}

export const log: Operation = (k) => {
  const ofPositive = throughDoubles(k, logarithm(k));
  const zero = k.let(f32x4.const(0));
  const infinity = k.let(f32x4.const(Infinity));
  const minusInfinity = k.let(f32x4.const(-Infinity));
  const nan = k.let(f32x4.const(NaN));
  return (value) => {
    const x = k.let(value);
    const isOrdinary = v128.and(f32x4.gt(x, zero), f32x4.lt(x, infinity));
    const otherwise = v128.bitselect(
      minusInfinity,
      v128.bitselect(nan, x, f32x4.lt(x, zero)),
      f32x4.eq(x, zero),
    );
    return v128.bitselect(ofPositive(x), otherwise, isOrdinary);
  };
};
