/**
 * Elementwise kernels of the `webgpu` device.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import type { WebgpuBuffer } from "../buffer.ts";
import type { Gpu } from "../gpu.ts";
import * as broadcast from "./broadcast.ts";
import { accumulate, combine, fill, runUnary } from "./flat.ts";
import * as functions from "./functions.ts";
import { pow } from "./power.ts";

type Elementwise = Pick<
  Kernels<WebgpuBuffer>,
  | "fill"
  | "cast"
  | "scale"
  | "pow"
  | "sqrt"
  | "exp"
  | "log"
  | "sin"
  | "cos"
  | "tanh"
  | "abs"
  | "relu"
  | "sigmoid"
  | "softplus"
  | "positive"
  | "add"
  | "mul"
  | "combine"
  | "accumulate"
  | "greater"
  | "equal"
  | "where"
>;

/** The elementwise kernels of a GPU. */
export function elementwiseKernels(gpu: Gpu): Elementwise {
  const ofOne = (applied: functions.GpuFunction): Elementwise["exp"] => (x) =>
    runUnary(gpu, applied, x);
  const ofTwo = (operation: broadcast.GpuOperation): Elementwise["add"] => (x, y, shape) =>
    broadcast.runBroadcast(gpu, operation, [x, y], shape);
  return {
    fill: (value, out) => fill(gpu, value, out),
    cast: (x, dtype) => {
      const isCut = x.dtype === "float32" && dtype === "int32";
      return runUnary(gpu, isCut ? functions.TRUNCATE : functions.SAME, x, 0, dtype);
    },
    scale: (x, factor) => {
      const isWhole = x.dtype === "int32" && Number.isInteger(factor);
      return runUnary(gpu, isWhole ? functions.SCALE_WHOLE : functions.SCALE, x, factor);
    },
    pow: (x, exponent) => pow(gpu, x, exponent),
    sqrt: ofOne(functions.SQRT),
    exp: ofOne(functions.EXP),
    log: ofOne(functions.LOG),
    sin: ofOne(functions.SIN),
    cos: ofOne(functions.COS),
    tanh: ofOne(functions.TANH),
    abs: ofOne(functions.ABS),
    relu: ofOne(functions.RELU),
    sigmoid: ofOne(functions.SIGMOID),
    softplus: ofOne(functions.SOFTPLUS),
    positive: ofOne(functions.POSITIVE),
    add: ofTwo(broadcast.ADD),
    mul: ofTwo(broadcast.MUL),
    combine: (x, a, y, b) => combine(gpu, x, a, y, b),
    accumulate: (into, x) => accumulate(gpu, into, x),
    greater: ofTwo(broadcast.GREATER),
    equal: ofTwo(broadcast.EQUAL),
    where: (mask, x, y, shape) => broadcast.runBroadcast(gpu, broadcast.WHERE, [mask, x, y], shape),
  };
}
