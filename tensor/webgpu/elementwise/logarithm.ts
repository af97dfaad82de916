/**
 * log x = n ln 2 + log(1 + f), with a polynomial for √½ ≤ 1 + f < √2.
 *
 * @module
 */

import { polynomial } from "./special.ts";

/** (log(1 + f) − f + ½f²) / f³ for √½ ≤ 1 + f < √2, to 2⁻³⁰ of log(1 + f); a minimax fit. */
const TAIL = [
  0.33333313,
  -0.2500001,
  0.20002072,
  -0.16667989,
  0.14220358,
  -0.12406234,
  0.11883549,
  -0.11670099,
  0.067492716,
];

/** What 1 + f reaches from √½ on, less what it begins with. */
const LARGEST_EXCESS = Math.SQRT2 - 1;

/** `logarithm(x)`, `logarithm1p(x)` for x from 0 to 1, and what they are made of. */
export const LOGARITHM = `
const rootHalfBits = vec4u(0x3f3504f3u);

/** A number as 2^exponent · (1 + excess), √½ ≤ 1 + excess < √2. */
struct Split { exponent: vec4i, excess: vec4f }

/** Of the positive number that has these bits; a subnormal one is its bits as a number, times 2^−149. */
fn splitBits(bits: vec4u) -> Split {
  let isSubnormal = bits < vec4u(0x00800000u);
  let normal = select(bits, bitcast<vec4u>(vec4f(bits)), isSubnormal);
  let exponent = bitcast<vec4i>(normal - rootHalfBits) >> vec4u(23);
  let mantissa = bitcast<vec4f>(normal - bitcast<vec4u>(exponent << vec4u(23)));
  return Split(exponent - select(vec4i(0), vec4i(149), isSubnormal), mantissa - 1);
}

/** log(1 + f) − f. */
fn logarithmTail(f: vec4f) -> vec4f {
  let square = f * f;
  return settled(f * square * ${polynomial("f", TAIL)} - 0.5 * square);
}

fn logarithm1p(x: vec4f) -> vec4f {
  let isLarge = x > vec4f(${LARGEST_EXCESS});
  let f = select(x, 0.5 * (x - 1), isLarge);
  return select(vec4f(), vec4f(${Math.LN2}), isLarge) + (f + logarithmTail(f));
}

fn logarithm(x: vec4f) -> vec4f {
  let bits = bitcast<vec4u>(x);
  let parts = splitBits(bits);
  let f = parts.excess;
  let ordinary = fma(vec4f(parts.exponent), vec4f(${Math.LN2}), f + logarithmTail(f));
  let orInfinite = select(bitcast<vec4u>(ordinary), bits, bits == infinityBits);
  let orNan = select(orInfinite, nanBits, bits > infinityBits);
  let isZero = magnitudeBits(x) == vec4u(0);
  return bitcast<vec4f>(select(orNan, infinityBits | signBit, isZero));
}
`;
