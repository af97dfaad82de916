/**
 * Floats by their bits.
 *
 * A shader compiler may assume that no number is infinite or NaN, may regroup sums, and may take a
 * subnormal number for 0. So what depends on NaN, infinities or signs is decided here and in the
 * functions beside by integer operations on bits, which mean one thing only.
 *
 * @module
 */

export const SPECIAL = `
const signBit = vec4u(0x80000000u);
const infinityBits = vec4u(0x7f800000u);
const nanBits = vec4u(0x7fc00000u);

fn magnitudeBits(x: vec4f) -> vec4u {
  return bitcast<vec4u>(x) & ~signBit;
}

/**
 * x, |x| < 2, by way of its bits, of which one that is 0 is cleared: compilers regroup sums and products
 * (Mesa makes one product of two), but not across this.
 */
fn settled(x: vec4f) -> vec4f {
  return bitcast<vec4f>(bitcast<vec4u>(x) & vec4u(0xbfffffffu));
}

/** y, but NaN where x is. */
fn unlessNan(y: vec4f, x: vec4f) -> vec4f {
  let isNan = magnitudeBits(x) > infinityBits;
  return bitcast<vec4f>(select(bitcast<vec4u>(y), bitcast<vec4u>(x), isNan));
}
`;

/** WGSL of the polynomial c₀ + c₁x + c₂x² + …, by Horner's rule. */
export function polynomial(x: string, coefficients: readonly number[]): string {
  return coefficients.map(String).reduceRight((sum, c) => `(${c} + ${x} * ${sum})`);
}
