/**
 * Powers by a constant number, with `Math.pow`'s rules for zeros, infinities, NaN and signs.
 *
 * Small whole exponents and their roots are products, quotients and square roots. All others, y, split x
 * = 2ⁿ · (1 + f): the result is 2^(n·y), with n·y exact in integers, times e^(y · log(1 + f)).
 *
 * @module
 */

import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { eachProgram } from "../program.ts";
import { EXPONENTIAL, LN2_HIGH, LN2_LOW } from "./exponential.ts";
import { foursIn, runUnary } from "./flat.ts";
import type { GpuFunction } from "./functions.ts";
import { LOGARITHM } from "./logarithm.ts";
import { SPECIAL } from "./special.ts";

/** `Math.pow` takes −0 as 0 and −∞ as ∞ where the exponent is not whole. */
const ROOTS = `${SPECIAL}
fn radicand(x: vec4f) -> vec4f {
  let bits = magnitudeBits(x);
  let isSignless = (bits == vec4u(0)) | (bits == infinityBits);
  return bitcast<vec4f>(select(bitcast<vec4u>(x), bits, isSignless));
}
`;

/** Exponents with a program of their own. Wrong by less than 2 floats. */
const SHORT: Readonly<Record<number, GpuFunction>> = {
  [-2]: { name: "pow -2", expression: "1 / (x * x)" },
  [-1]: { name: "pow -1", expression: "1 / x" },
  [-0.5]: { name: "pow -0.5", expression: "1 / sqrt(radicand(x))", declarations: ROOTS },
  0: { name: "pow 0", expression: "vec4f(1)" },
  0.5: { name: "pow 0.5", expression: "sqrt(radicand(x))", declarations: ROOTS },
  1: { name: "pow 1", expression: "x" },
  2: { name: "pow 2", expression: "x * x" },
  3: { name: "pow 3", expression: "x * x * x" },
  4: { name: "pow 4", expression: "(x * x) * (x * x)" },
};

/** The bits of a float that leave 12 of its significand. */
const HEAD = 0xfffff000;

/**
 * Wrong by less than 2 floats and a tenth of the exponent's magnitude. The exponent and log(1 + f) go in
 * two parts, of which the first have so few bits that their product is exact, until whole powers of e
 * have been taken from it. The estimate decides where the integers would overflow.
 */
const generalProgram = eachProgram({
  name: "pow",
  reads: { xs: "vec4f" },
  writes: { out: "vec4f" },
  numbers: {
    exponentHead: "f32",
    exponentRest: "f32",
    whole: "i32",
    fraction: "u32",
    atZero: "u32",
    atOne: "u32",
    atInfinity: "u32",
    signs: "u32",
    isFraction: "u32",
  },
  declarations: `${SPECIAL}${EXPONENTIAL}${LOGARITHM}
fn timesExponent(n: vec4i) -> Scaled {
  let upper = i32(u.fraction >> 16u);
  let lower = i32(u.fraction & 0xffffu);
  let carried = (n * upper + ((n * lower) >> vec4u(16))) >> vec4u(16);
  let rest = vec4f(bitcast<vec4u>(n) * u.fraction) * ${2 ** -32};
  return Scaled(rest, n * u.whole + carried);
}

fn powerOfPositive(bits: vec4u) -> vec4u {
  let parts = splitBits(bits);
  let f = parts.excess;
  let tail = logarithmTail(f);
  let logarithm = f + tail;
  let head = bitcast<vec4f>(bitcast<vec4u>(logarithm) & vec4u(${HEAD}u));
  let product = u.exponentHead * head;
  let n = round(product * ${Math.LOG2E});
  let productRest = settled(product - n * ${LN2_HIGH}) - n * ${LN2_LOW};
  let headless = settled(f - head) + tail;
  let small = u.exponentHead * headless + u.exponentRest * logarithm;
  let powerOfTwo = timesExponent(parts.exponent);
  let argument = powerOfTwo.mantissa * ${Math.LN2} + (productRest + small);
  let power = exponentialParts(clamp(argument, vec4f(-200), vec4f(200)));
  let value = scaled(Scaled(power.mantissa, power.exponent + powerOfTwo.exponent + vec4i(n)));
  let estimate = (u.exponentHead + u.exponentRest) *
    (vec4f(parts.exponent) + ${Math.LOG2E} * logarithm);
  let orInfinite = select(bitcast<vec4u>(value), infinityBits, estimate > vec4f(200));
  return select(orInfinite, vec4u(0), estimate < vec4f(-200));
}
`,
  body: `
  let x = xs[i];
  let bits = magnitudeBits(x);
  var power = powerOfPositive(bits);
  power = select(power, vec4u(u.atZero), bits == vec4u(0));
  power = select(power, vec4u(u.atOne), bits == vec4u(0x3f800000u));
  power = select(power, vec4u(u.atInfinity), bits == infinityBits);
  let isNegative = bitcast<vec4u>(x) >= signBit;
  power |= select(vec4u(0), vec4u(u.signs), isNegative);
  let isOrdinary = (bits != vec4u(0)) & (bits < infinityBits);
  let hasNone = isNegative & isOrdinary & vec4<bool>(u.isFraction != 0u);
  power = select(power, nanBits, hasNone | (bits > infinityBits));
  out[i] = bitcast<vec4f>(power);`,
});

const INFINITY_BITS = 0x7f800000;
const NAN_BITS = 0x7fc00000;
const ONE_BITS = 0x3f800000;
const SIGN_BIT = 0x80000000;

/** To this power all floats but ±1 are 0 or infinite. */
const LARGEST = 2 ** 31 - 2;

/** The first 12 bits of a number. */
function headOf(x: number): number {
  const float = new Float32Array([x]);
  new Uint32Array(float.buffer)[0] &= HEAD;
  return float[0];
}

/** The numbers of the general program for an exponent other than NaN. */
function numbersOf(exponent: number) {
  const y = Math.max(-LARGEST, Math.min(exponent, LARGEST));
  const whole = Math.floor(y);
  const isGrowing = y > 0;
  const head = headOf(y);
  return {
    exponentHead: head,
    exponentRest: y - head,
    whole,
    fraction: Math.min(Math.floor((y - whole) * 2 ** 32), 2 ** 32 - 1),
    atZero: isGrowing ? 0 : INFINITY_BITS,
    atOne: Number.isFinite(exponent) ? ONE_BITS : NAN_BITS,
    atInfinity: isGrowing ? INFINITY_BITS : 0,
    signs: Math.abs(exponent % 2) === 1 ? SIGN_BIT : 0,
    isFraction: Number(y !== whole),
  };
}

const NO_NUMBER: GpuFunction = {
  name: "pow NaN",
  expression: "bitcast<vec4f>(bitcast<vec4u>(x) | nanBits)",
  declarations: SPECIAL,
};

/** x to the power of `exponent`. */
export function pow(gpu: Gpu, x: WebgpuOperand, exponent: number): WebgpuBuffer {
  const short = Number.isNaN(exponent) ? NO_NUMBER : SHORT[exponent];
  if (short !== undefined) return runUnary(gpu, short, x);
  const out = gpu.allocate(x.shape);
  gpu.each(generalProgram, foursIn(x.shape), { xs: x.buffer, out }, numbersOf(exponent));
  return out;
}
