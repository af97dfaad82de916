/**
 * Sine and cosine of any float: the angle is divided by a quarter turn in integers, exactly, as in Payne
 * and Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18 (1983).
 *
 * @module
 */

import { polynomial } from "./special.ts";

/** (sin r − r) / r³ in r², for |r| ≤ π/4, to 2⁻²⁸ of sin r; a minimax fit. */
const SINE_TAIL = [-0.16666655, 0.008332188, -0.000195181];

/** (cos r − 1 + ½r²) / r⁴ in r², for |r| ≤ π/4, to 2⁻³³ of cos r; a minimax fit. */
const COSINE_TAIL = [0.041666646, -0.0013887311, 2.4432553e-5];

/** The binary fraction of 2/π, after a word of zeros. */
const TWO_OVER_PI = [
  0,
  0xa2f9836e,
  0x4e441529,
  0xfc2757d1,
  0xf534ddc0,
  0xdb629599,
  0x3c439041,
  0xfe5163ab,
];

/** π/2 as a float, and what that is short of it. */
const QUARTER_TURN = Math.fround(Math.PI / 2);
const QUARTER_TURN_REST = Math.PI / 2 - QUARTER_TURN;

/**
 * WGSL of the four words of 2/π from word `skipped` on, each `word0` to `word3`. Each number has its own
 * `skipped`, so the words are moved by 4, by 2 and by 1 rather than looked up.
 */
function wordsFrom(skipped: string): string {
  let words = TWO_OVER_PI.map((word) => `vec4u(${word}u)`);
  const lines: string[] = [];
  for (const step of [4, 2, 1]) {
    lines.push(`let moves${step} = (${skipped} & vec4u(${step})) != vec4u();`);
    words = words.slice(0, step + 3).map((word, i) => {
      const moved = `moved${step}by${i}`;
      if (i + step >= words.length) return word;
      lines.push(`let ${moved} = select(${word}, ${words[i + step]}, moves${step});`);
      return moved;
    });
  }
  return [...lines, ...words.map((word, i) => `let word${i} = ${word};`)].join("\n  ");
}

/** `sineBits(x, quarters)`: the bits of sin(x + quarters · π/2). */
export const TRIGONOMETRY = `
/** The upper 32 bits of a product. */
fn highProduct(a: vec4u, b: vec4u) -> vec4u {
  let half = vec4u(16);
  let low = vec4u(0xffffu);
  let inner = (a & low) * (b >> half) + (((a & low) * (b & low)) >> half);
  let outer = (a >> half) * (b & low) + (inner & low);
  return (a >> half) * (b >> half) + (inner >> half) + (outer >> half);
}

/** The upper word of two that are shifted left together by less than 32. */
fn shiftedLeft(high: vec4u, low: vec4u, by: vec4u) -> vec4u {
  return (high << by) | ((low >> vec4u(1)) >> (31 - by));
}

/** An angle as a number of quarter turns and a rest between −π/4 and π/4. */
struct Angle { quarters: vec4u, rest: vec4f }

/**
 * Of a finite angle from π/4 on. Its 24 bits are multiplied by the 96 bits of 2/π that matter: those
 * before make whole turns. The product has the quarter turns in its two highest bits, and below them a
 * fraction that for no float begins with 32 zeros or 32 ones.
 */
fn reduced(bits: vec4u) -> Angle {
  let significand = (bits & vec4u(0x007fffffu)) | vec4u(0x00800000u);
  let skipped = (bits >> vec4u(23)) - 120;
  ${wordsFrom("(skipped >> vec4u(5))")}
  let offset = skipped & vec4u(31);
  let window0 = shiftedLeft(word0, word1, offset);
  let window1 = shiftedLeft(word1, word2, offset);
  let window2 = shiftedLeft(word2, word3, offset);
  let low = significand * window1 + highProduct(significand, window2);
  let carry = select(vec4u(0), vec4u(1), low < significand * window1);
  let high = significand * window0 + highProduct(significand, window1) + carry;

  let fractionHigh = shiftedLeft(high, low, vec4u(2));
  let fractionLow = low << vec4u(2);
  let isNegative = fractionHigh >= signBit;
  let borrow = select(vec4u(0), vec4u(1), fractionLow == vec4u(0));
  let magnitudeHigh = select(fractionHigh, ~fractionHigh + borrow, isNegative);
  let magnitudeLow = select(fractionLow, ~fractionLow + 1, isNegative);
  let zeros = countLeadingZeros(magnitudeHigh);
  let scale = bitcast<vec4f>((95 - zeros) << vec4u(23));
  let fraction = vec4f(shiftedLeft(magnitudeHigh, magnitudeLow, zeros)) * scale;
  let rest = fraction * ${QUARTER_TURN} + settled(fraction * ${QUARTER_TURN_REST});
  return Angle((high + 0x20000000u) >> vec4u(30), select(rest, -rest, isNegative));
}

fn sineBits(x: vec4f, quarters: vec4u) -> vec4u {
  let bits = magnitudeBits(x);
  let isSmall = bits < vec4u(0x3f490fdbu);
  let angle = reduced(bits);
  let turned = select(angle.quarters, vec4u(0), isSmall) + quarters;
  let r = select(angle.rest, bitcast<vec4f>(bits), isSmall);
  let square = r * r;
  let sine = r + settled(r * square * ${polynomial("square", SINE_TAIL)});
  let cosine = fma(square * square, ${polynomial("square", COSINE_TAIL)}, 1 - 0.5 * square);
  let isCosine = (turned & vec4u(1)) != vec4u(0);
  let value = bitcast<vec4u>(select(sine, cosine, isCosine));
  let flipped = value ^ ((turned & vec4u(2)) << vec4u(30));
  return select(flipped, nanBits, bits >= infinityBits);
}
`;
