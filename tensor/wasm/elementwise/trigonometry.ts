/**
 * Sine and cosine, from + − × alone.
 *
 * They compute in doubles, with a relative error below 2⁻³⁴ before the one rounding to a float, for
 * every float, however large: the result is the nearest float, or in a few cases of a million its
 * neighbour.
 *
 * Source of the reduction: Payne and Hanek, "Radian reduction for trigonometric functions", ACM SIGNUM
 * Newsletter 18(1), 1983.
 *
 * @module
 */

import { type Body, f32x4, f64x2, i64x2, type Local, v128, type Vector } from "../assembler/mod.ts";
import { type Operation, polynomial, throughDoubles } from "./operation.ts";

/**
 * 2/π cut into pieces of 28 bits: the product of a float, which has 24, with a piece is exact. What
 * comes after the last one adds less than 2⁻⁶⁸ to the product with the largest float.
 */
const TWO_OVER_PI = [0xA2F9836, 0xE4E4415, 0x29FC275, 0x7D1F534, 0xDDC0DB6, 0x295993C, 0x439041F]
  .map((bits, i) => bits / 2 ** (28 * (i + 1)));

/** Up to here the first pieces do: what the fourth would add is below 2⁻⁶⁰. */
const FEW_PIECES = 3;
const FEW_PIECES_LIMIT = 2 ** 24;

/** A double of this size has its units in the lowest bit. */
const UNITS_LOWEST = 1.5 * 2 ** 52;

/** x in quarter turns: a whole number of them, and the rest, in absolute value hardly above ½. */
interface QuarterTurns {
  readonly whole: Local<"v128">;
  readonly rest: Local<"v128">;
}

/** x · 2/π for doubles that are floats from 0 up; of a whole number of turns only some is kept. */
function quarterTurns(k: Body): (x: Local<"v128">) => QuarterTurns {
  const pieces = TWO_OVER_PI.slice(0, FEW_PIECES).map((piece) => k.let(f64x2.const(piece)));
  const limit = k.let(f64x2.const(FEW_PIECES_LIMIT));
  return (x) => {
    const [first, ...others] = pieces;
    const product = k.let(f64x2.mul(x, first));
    const whole = k.let(f64x2.nearest(product));
    const rest = k.let(others.reduce<Vector>(
      (sum, piece) => f64x2.add(sum, f64x2.mul(x, piece)),
      f64x2.sub(product, whole),
    ));
    k.if(v128.anyTrue(f64x2.gt(x, limit)), () => reduceLarge(k, x, { whole, rest }));
    return { whole, rest };
  };
}

/**
 * The same for floats of any size: of each product the multiples of four are dropped, which is exact,
 * and so is each sum as long as it may still cancel.
 */
function reduceLarge(k: Body, x: Local<"v128">, { whole, rest }: QuarterTurns): void {
  k.set(whole, f64x2.const(0));
  k.set(rest, f64x2.const(0));
  for (const piece of TWO_OVER_PI) {
    const product = k.let(f64x2.mul(x, f64x2.const(piece)));
    const fours = f64x2.mul(
      f64x2.nearest(f64x2.mul(product, f64x2.const(0.25))),
      f64x2.const(4),
    );
    k.set(rest, f64x2.add(rest, f64x2.sub(product, fours)));
    const units = k.let(f64x2.nearest(rest));
    k.set(whole, f64x2.add(whole, units));
    k.set(rest, f64x2.sub(rest, units));
  }
}

/** The sine of doubles that are floats from 0 up, so many quarter turns further on. */
function sineAfter(k: Body, quarters: 0 | 1): (x: Vector) => Vector {
  const turns = quarterTurns(k);
  const radians = k.let(f64x2.const(Math.PI / 2));
  const unitsLowest = k.let(f64x2.const(UNITS_LOWEST + quarters));
  const unit = k.let(i64x2.const(1n));
  const zero = k.let(i64x2.const(0n));
  const signBit = k.let(f64x2.const(-0));
  const sineSeries = polynomial(k, alternating([1, 3, 5, 7, 9, 11]));
  const cosineSeries = polynomial(k, alternating([0, 2, 4, 6, 8, 10, 12]));
  return (value) => {
    const { whole, rest } = turns(k.let(value));
    const angle = k.let(f64x2.mul(rest, radians));
    const square = k.let(f64x2.mul(angle, angle));
    const count = k.let(f64x2.add(whole, unitsLowest));
    const isOdd = i64x2.sub(zero, v128.and(count, unit));
    const magnitude = v128.bitselect(
      cosineSeries(square),
      f64x2.mul(angle, sineSeries(square)),
      isOdd,
    );
    return v128.xor(magnitude, v128.and(i64x2.shl(count, 62), signBit));
  };
}

/** The signs of the series of sine and cosine over the factorials; the next term is below 2⁻³⁴. */
function alternating(powers: readonly number[]): number[] {
  return powers.map((power, i) => (i % 2 === 0 ? 1 : -1) / factorial(power));
}

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

export const sin: Operation = (k) => {
  const ofMagnitudes = throughDoubles(k, sineAfter(k, 0));
  const signBit = k.let(f32x4.const(-0));
  return (x) => v128.xor(ofMagnitudes(f32x4.abs(x)), v128.and(x, signBit));
};

export const cos: Operation = (k) => {
  const ofMagnitudes = throughDoubles(k, sineAfter(k, 1));
  return (x) => ofMagnitudes(f32x4.abs(x));
};
