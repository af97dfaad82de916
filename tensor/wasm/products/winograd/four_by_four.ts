/**
 * Winograd's F(4×4, 3×3): along each axis four results from six inputs, by six multiplications in
 * place of twelve.
 *
 * The points are 0, ±a, ±b and ∞, where a = √½ and b = √2; in float32 they give half the error of 0,
 * ±1, ±2.
 *
 * Source of the points: Barabasz, Anderson, Soodhalter and Gregg, "Error analysis and improving the
 * accuracy of Winograd convolution for deep neural networks", ACM TOMS 2020.
 *
 * @module
 */

import { type Body, f32x4, type Vector } from "../../assembler/mod.ts";
import type { Algorithm, Transform } from "./transforms.ts";

const A = Math.SQRT1_2;
const B = Math.SQRT2;

const { add, sub, mul, mulAdd } = f32x4;

/** e + f·o and e − f·o. */
function plusMinus(k: Body, even: Vector, odd: Vector, factor: number): [Vector, Vector] {
  return [mulAdd(k.constant(factor), odd, even), mulAdd(k.constant(-factor), odd, even)];
}

/** Bᵀ·d: six inputs to six. */
const inputTransform: Transform = (k, d) => {
  const evenA = k.let(mulAdd(k.constant(-2), d[2], d[4]));
  const oddA = k.let(mulAdd(k.constant(-2), d[1], d[3]));
  const evenB = k.let(mulAdd(k.constant(-0.5), d[2], d[4]));
  const oddB = k.let(mulAdd(k.constant(-0.5), d[1], d[3]));
  return [
    mulAdd(k.constant(-2.5), d[2], add(d[0], d[4])),
    ...plusMinus(k, evenA, oddA, A),
    ...plusMinus(k, evenB, oddB, B),
    mulAdd(k.constant(-2.5), d[3], add(d[1], d[5])),
  ];
};

/** G·g: three taps to six. */
const filterTransform: Transform = (k, g) => {
  const evenA = k.let(mul(k.constant(-2 / 3), mulAdd(k.constant(0.5), g[2], g[0])));
  const evenB = k.let(mul(k.constant(1 / 6), mulAdd(k.constant(2), g[2], g[0])));
  return [
    g[0],
    ...plusMinus(k, evenA, g[1], -2 / 3 * A),
    ...plusMinus(k, evenB, g[1], B / 6),
    g[2],
  ];
};

/** Aᵀ·m: six products to four results. */
const outputTransform: Transform = (k, m) => {
  const evenA = k.let(add(m[1], m[2]));
  const oddA = k.let(sub(m[1], m[2]));
  const evenB = k.let(add(m[3], m[4]));
  const oddB = k.let(sub(m[3], m[4]));
  return [
    add(add(m[0], evenA), evenB),
    mulAdd(k.constant(B), oddB, mul(k.constant(A), oddA)),
    mulAdd(k.constant(2), evenB, mul(k.constant(0.5), evenA)),
    mulAdd(k.constant(2 * B), oddB, mulAdd(k.constant(A / 2), oddA, m[5])),
  ];
};

/** A·g: four gradients of results to six. */
const gradientTransform: Transform = (k, g) => {
  const evenA = k.let(mulAdd(k.constant(0.5), g[2], g[0]));
  const oddA = k.let(mulAdd(k.constant(0.5), g[3], g[1]));
  const evenB = k.let(mulAdd(k.constant(2), g[2], g[0]));
  const oddB = k.let(mulAdd(k.constant(2), g[3], g[1]));
  return [g[0], ...plusMinus(k, evenA, oddA, A), ...plusMinus(k, evenB, oddB, B), g[3]];
};

/** Gᵀ·s: six sums to three taps. */
const tapTransform: Transform = (k, s) => {
  const evenA = k.let(add(s[1], s[2]));
  const oddA = k.let(sub(s[1], s[2]));
  const evenB = k.let(add(s[3], s[4]));
  const oddB = k.let(sub(s[3], s[4]));
  return [
    mulAdd(k.constant(1 / 6), evenB, mulAdd(k.constant(-2 / 3), evenA, s[0])),
    mulAdd(k.constant(B / 6), oddB, mul(k.constant(-2 / 3 * A), oddA)),
    mulAdd(k.constant(1 / 3), evenB, mulAdd(k.constant(-1 / 3), evenA, s[5])),
  ];
};

/** F(4×4, 3×3). */
export const FOUR_BY_FOUR: Algorithm = {
  name: "4×4",
  results: 4,
  inputs: 6,
  planes: 36,
  inputTransform,
  filterTransform,
  outputTransform,
  gradientTransform,
  tapTransform,
};
