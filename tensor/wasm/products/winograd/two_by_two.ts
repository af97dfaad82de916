/**
 * Winograd's F(2×2, 3×3): along each axis two results from four inputs, by four multiplications in
 * place of six.
 *
 * Filters take 16 planes where F(4×4, 3×3) takes 36: on small maps they, not the images, are what is
 * read and written most. The points are 0, ±1 and ∞.
 *
 * @module
 */

import { f32x4 } from "../../assembler/mod.ts";
import type { Algorithm } from "./transforms.ts";

const { add, sub, mul } = f32x4;

/** F(2×2, 3×3). */
export const TWO_BY_TWO: Algorithm = {
  name: "2×2",
  results: 2,
  inputs: 4,
  planes: 16,
  inputTransform: (_, d) => [sub(d[0], d[2]), add(d[1], d[2]), sub(d[2], d[1]), sub(d[3], d[1])],
  filterTransform: (k, g) => {
    const half = k.constant(0.5);
    const even = k.let(mul(half, add(g[0], g[2])));
    const odd = k.let(mul(half, g[1]));
    return [g[0], add(even, odd), sub(even, odd), g[2]];
  },
  outputTransform: (_, m) => [
    add(add(m[0], m[1]), m[2]),
    add(sub(m[1], m[2]), m[3]),
  ],
  gradientTransform: (_, g) => [g[0], add(g[0], g[1]), sub(g[0], g[1]), g[1]],
  tapTransform: (k, s) => {
    const half = k.constant(0.5);
    const even = k.let(mul(half, add(s[1], s[2])));
    return [add(s[0], even), mul(half, sub(s[1], s[2])), add(even, s[3])];
  },
};
