/**
 * Powers with a constant exponent. The rules for zeros, infinities and NaN are those of `Math.pow`.
 *
 * Squares and reciprocals are single instructions. Small whole exponents and their halves multiply
 * doubles and round once; all others are e^(exponent · log x) in doubles, with a relative error below
 * 2⁻³⁵ before the rounding.
 *
 * @module
 */

import {
  type Body,
  f32x4,
  f64,
  f64x2,
  i32,
  int,
  select,
  v128,
  type Value,
  type Vector,
} from "../assembler/mod.ts";
import type { Kernel } from "../kernel.ts";
import { exponential } from "./exponential.ts";
import { flatKernel } from "./flat.ts";
import { logarithm } from "./logarithm.ts";
import { type Operation, throughDoubles, type VectorFunction } from "./operation.ts";

/** Beyond this exponent, multiplying takes longer than the logarithm. */
const MANY = 16;

const square: Operation = () => (x) => f32x4.mul(x, x);

const reciprocal: Operation = (k) => {
  const one = k.let(f32x4.const(1));
  return (x) => f32x4.div(one, x);
};

/** x to a whole number, by squaring. */
function wholePower(k: Body, exponent: Value<"f64">): VectorFunction {
  const signed = k.let(i32.truncSatF64(exponent));
  const isNegative = k.let(signed.lessThan(0));
  const magnitude = k.let(select(isNegative, int(0).minus(signed), signed));
  const one = k.let(f64x2.const(1));
  return (x) => {
    const base = k.let(x);
    const power = k.let<"v128">(one);
    const bits = k.let<"i32">(magnitude);
    k.while(() => bits, () => {
      k.if(bits.and(1), () => k.set(power, f64x2.mul(power, base)));
      k.set(base, f64x2.mul(base, base));
      k.set(bits, bits.shiftedRight(1));
    });
    k.if(isNegative, () => k.set(power, f64x2.div(one, power)));
    return power;
  };
}

const whole: Operation = (k, exponent) => throughDoubles(k, wholePower(k, exponent));

/** `Math.pow` takes −0 as 0 and −Infinity as Infinity where the exponent is not whole. */
const half: Operation = (k, exponent) => {
  const power = wholePower(k, f64.add(exponent, exponent));
  const infinity = k.let(f64x2.const(Infinity));
  const minusInfinity = k.let(f64x2.const(-Infinity));
  const zero = k.let(f64x2.const(0));
  return throughDoubles(k, (x) => {
    const base = v128.bitselect(infinity, f64x2.add(x, zero), f64x2.eq(x, minusInfinity));
    return power(f64x2.sqrt(base));
  });
};

type Parity = "odd" | "even" | "fraction";

function byLogarithm(parity: Parity): Operation {
  return (k, exponent) => {
    const log = logarithm(k);
    const exp = exponential(k);
    const factor = k.let(f64x2.splat(exponent));
    const isGrowing = k.let(f64.lt(f64.const(0), exponent));
    const atZero = k.let(f64x2.splat(select(isGrowing, f64.const(0), f64.const(Infinity))));
    const atInfinity = k.let(f64x2.splat(select(isGrowing, f64.const(Infinity), f64.const(0))));
    const zero = k.let(f64x2.const(0));
    const infinity = k.let(f64x2.const(Infinity));
    const minusInfinity = k.let(f64x2.const(-Infinity));
    const signBit = k.let(f64x2.const(-0));
    const nan = k.let(f64x2.const(NaN));
    return throughDoubles(k, (x) => {
      const base = k.let(f64x2.abs(x));
      const power = k.let(exp(k.let(f64x2.mul(factor, log(base)))));
      const replace = (by: Vector, where: Vector) => k.set(power, v128.bitselect(by, power, where));
      replace(atZero, f64x2.eq(base, zero));
      replace(atInfinity, f64x2.eq(base, infinity));
      if (parity === "odd") k.set(power, v128.or(power, v128.and(x, signBit)));
      if (parity === "fraction") {
        replace(nan, v128.and(f64x2.lt(x, zero), f64x2.gt(x, minusInfinity)));
      }
      replace(x, f64x2.ne(x, x));
      return power;
    });
  };
}

const SQUARE = flatKernel("square", 1, square);
const RECIPROCAL = flatKernel("reciprocal", 1, reciprocal);
const WHOLE_POWER = flatKernel("whole power", 1, whole, 1);
const HALF_POWER = flatKernel("half power", 1, half, 1);
const LARGE_POWER: Readonly<Record<Parity, Kernel>> = {
  odd: flatKernel("odd power", 1, byLogarithm("odd"), 1),
  even: flatKernel("even power", 1, byLogarithm("even"), 1),
  fraction: flatKernel("fractional power", 1, byLogarithm("fraction"), 1),
};

/** The kernel for an exponent that is neither 0 nor NaN; it takes the exponent as its number. */
export function powerKernel(exponent: number): Kernel {
  if (exponent === 2) return SQUARE;
  if (exponent === -1) return RECIPROCAL;
  const isSmall = Math.abs(exponent) <= MANY;
  if (isSmall && Number.isInteger(exponent)) return WHOLE_POWER;
  if (isSmall && Number.isInteger(2 * exponent)) return HALF_POWER;
  return LARGE_POWER[parityOf(exponent)];
}

function parityOf(exponent: number): Parity {
  if (Number.isFinite(exponent) && !Number.isInteger(exponent)) return "fraction";
  return Math.abs(exponent) % 2 === 1 ? "odd" : "even";
}
