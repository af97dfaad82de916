/**
 * eˣ = 2ⁿ · eʳ, with a polynomial for |r| ≤ ½ ln 2.
 *
 * @module
 */

import { polynomial } from "./special.ts";

/** (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2, to 2⁻²⁸ of eʳ; a minimax fit. */
const TAIL = [0.49999994, 0.16666521, 0.041668277, 0.008368687, 0.0013819826];

/** ln 2 in two parts; the first has so few bits that its product with a small number is exact. */
export const LN2_HIGH = 0.693145751953125;
export const LN2_LOW = 1.4286068e-6;

/** `exponential(x)`, and `exponentialParts(x)` whose exponents can be added to before they are `scaled`. */
export const EXPONENTIAL = `
struct Scaled { mantissa: vec4f, exponent: vec4i }

/** mantissa · 2^exponent: infinite where that is too large, 0 where it would be subnormal. */
fn scaled(x: Scaled) -> vec4f {
  let bits = bitcast<vec4i>(x.mantissa);
  let exponent = (bits >> vec4u(23)) + x.exponent;
  let ordinary = bitcast<vec4u>(bits + (x.exponent << vec4u(23)));
  let orInfinite = select(ordinary, infinityBits, exponent > vec4i(254));
  return bitcast<vec4f>(select(orInfinite, vec4u(0), exponent < vec4i(1)));
}

/** For |x| ≤ 200. */
fn exponentialParts(x: vec4f) -> Scaled {
  let n = round(x * ${Math.LOG2E});
  let r = settled(x - n * ${LN2_HIGH}) - n * ${LN2_LOW};
  return Scaled(1 + fma(r * r, ${polynomial("r", TAIL)}, r), vec4i(n));
}

/** Any number, but not NaN. */
fn exponential(x: vec4f) -> vec4f {
  return scaled(exponentialParts(clamp(x, vec4f(-200), vec4f(200))));
}
`;
