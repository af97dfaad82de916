/**
 * Powers by a constant number.
 *
 * @module
 */

import type { WebgpuBuffer, WebgpuOperand } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import { runUnary } from "./flat.ts";
import type { GpuFunction } from "./functions.ts";

/** Exponents whose power is a few products, quotients or roots, and exact to their rounding. */
const SHORT: Readonly<Record<number, string>> = {
  [-2]: "1 / (x * x)",
  [-1]: "1 / x",
  [-0.5]: "inverseSqrt(x)",
  0: "vec4f(1)",
  0.5: "sqrt(x)",
  1: "x",
  2: "x * x",
  3: "x * x * x",
};

/** WGSL leaves powers of negative numbers open: a whole exponent has one, another has not. */
const GENERAL: GpuFunction = { name: "pow", expression: "pow(x, vec4f(u.parameter))" };

/** x to the power of `exponent`. */
export function pow(gpu: Gpu, x: WebgpuOperand, exponent: number): WebgpuBuffer {
  const short = SHORT[exponent];
  if (short === undefined) return runUnary(gpu, GENERAL, x, exponent);
  return runUnary(gpu, { name: `pow ${exponent}`, expression: short }, x);
}
