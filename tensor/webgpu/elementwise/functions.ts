/**
 * Functions of one operand, as WGSL expressions in `x`, four elements at a time.
 *
 * WGSL's own exp, log, sin, cos and tanh may be wrong by hundreds of floats, and far from 0 by anything.
 * These are made of + − × ÷ and operations on bits; of NaN, infinities and signed zeros they make what
 * JavaScript's `Math` does. "Wrong by n floats" is by n times the distance of two neighbouring floats at
 * the exact result, as measured (tests/webgpu_functions_test.ts) where + − × ÷ are rounded to the
 * nearest; WGSL lets a division be wrong by 2½. Results below 2^−126 may come out as 0.
 *
 * @module
 */

import { EXPONENTIAL } from "./exponential.ts";
import { LOGARITHM } from "./logarithm.ts";
import { polynomial, SPECIAL } from "./special.ts";
import { TRIGONOMETRY } from "./trigonometry.ts";

/** A function: its name, and an expression in `x` (a vec4f, or vec4i of int32) and `u.parameter`. */
export interface GpuFunction {
  readonly name: string;
  readonly expression: string;
  /** WGSL that the expression calls. */
  readonly declarations?: string;
}

export const SAME: GpuFunction = { name: "cast", expression: "x" };
export const SCALE: GpuFunction = { name: "scale", expression: "vec4f(x) * u.parameter" };

/** Of int32 by a whole number: exact, where it fits. */
export const SCALE_WHOLE: GpuFunction = { name: "scale whole", expression: "x * i32(u.parameter)" };

/** float32 to int32: cut off after the point, NaN to 0, what is too large to the largest. */
export const TRUNCATE: GpuFunction = {
  name: "truncate",
  expression: "select(vec4i(clamp(x, vec4f(-2147483648), vec4f(2147483520))), vec4i(), " +
    "magnitudeBits(x) > infinityBits)",
  declarations: SPECIAL,
};
export const SQRT: GpuFunction = { name: "sqrt", expression: "sqrt(x)" };
export const ABS: GpuFunction = { name: "abs", expression: "abs(x)" };

/** As signed integers, the bits of −0 and of negative numbers down to −∞ lie below those of any NaN. */
export const RELU: GpuFunction = {
  name: "relu",
  expression: "select(x, vec4f(), bitcast<vec4i>(x) <= vec4i(-0x800000))",
};

/** 1 less than their bits, numbers above 0 lie below ∞, and all others, NaN too, do not. */
export const POSITIVE: GpuFunction = {
  name: "positive",
  expression: "select(vec4f(), vec4f(1), bitcast<vec4u>(vec4f(x)) - 1 < infinityBits)",
  declarations: SPECIAL,
};

/** Wrong by less than 1 float. */
export const EXP: GpuFunction = {
  name: "exp",
  expression: "unlessNan(exponential(x), x)",
  declarations: SPECIAL + EXPONENTIAL,
};

/** Wrong by less than 1½ floats; subnormal numbers have their logarithm too. */
export const LOG: GpuFunction = {
  name: "log",
  expression: "logarithm(x)",
  declarations: SPECIAL + LOGARITHM,
};

/** Wrong by less than 3 floats, of however large an angle. */
export const SIN: GpuFunction = {
  name: "sin",
  expression: "bitcast<vec4f>(sineBits(x, vec4u(0)) ^ (bitcast<vec4u>(x) & signBit))",
  declarations: SPECIAL + TRIGONOMETRY,
};

/** Wrong by less than 3 floats, of however large an angle. */
export const COS: GpuFunction = {
  name: "cos",
  expression: "bitcast<vec4f>(sineBits(x, vec4u(1)))",
  declarations: SPECIAL + TRIGONOMETRY,
};

/** (tanh x − x) / x³ in x², for |x| ≤ 0.625, to 2⁻³² of tanh x; a minimax fit. */
const TANH_TAIL = [-0.3333333, 0.13333221, -0.05394818, 0.021706894, -0.008190013, 0.0021526811];

/** Wrong by less than 1½ floats: a polynomial near 0, else 1 − 2 / (e²ˣ + 1). */
export const TANH: GpuFunction = {
  name: "tanh",
  expression: "unlessNan(hyperbolicTangent(x), x)",
  declarations: `${SPECIAL}${EXPONENTIAL}
fn hyperbolicTangent(x: vec4f) -> vec4f {
  let magnitude = abs(x);
  let square = x * x;
  let tail = settled(magnitude * square * ${polynomial("square", TANH_TAIL)});
  let large = 1 - 2 / (exponential(min(2 * magnitude, vec4f(40))) + 1);
  let value = select(large, magnitude + tail, magnitude < vec4f(0.625));
  return bitcast<vec4f>(bitcast<vec4u>(value) | (bitcast<vec4u>(x) & signBit));
}
`,
};

/** Wrong by less than 2½ floats. */
export const SIGMOID: GpuFunction = {
  name: "sigmoid",
  expression: "unlessNan(logistic(x), x)",
  declarations: `${SPECIAL}${EXPONENTIAL}
fn logistic(x: vec4f) -> vec4f {
  let small = exponential(-abs(x));
  return select(vec4f(1), small, x < vec4f()) / (1 + small);
}
`,
};

/** Wrong by less than 2 floats. */
export const SOFTPLUS: GpuFunction = {
  name: "softplus",
  expression: "unlessNan(max(x, vec4f()) + logarithm1p(exponential(-abs(x))), x)",
  declarations: SPECIAL + EXPONENTIAL + LOGARITHM,
};
