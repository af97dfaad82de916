/**
 * Elementwise kernels of the `wasm` device. The result has the layout of its operands; where theirs
 * differ, channelsLast if one of them is as large as the result and lies so, else rowMajor.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import type { WasmBuffer } from "../buffer.ts";
import { inLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { uniform } from "../random.ts";
import * as arithmetic from "./arithmetic.ts";
import { type Broadcasting, broadcasting, runBinary, runTernary } from "./broadcast.ts";
import { runFlat } from "./flat.ts";
import * as unary from "./unary.ts";

const ADD = broadcasting("add", 2, arithmetic.add);
const MUL = broadcasting("mul", 2, arithmetic.mul);
const GREATER = broadcasting("greater", 2, arithmetic.greater);
const EQUAL = broadcasting("equal", 2, arithmetic.equal, false);
const WHERE = broadcasting("where", 3, arithmetic.where);
const ADD_INTEGERS = broadcasting("add integers", 2, arithmetic.addIntegers);
const MUL_INTEGERS = broadcasting("mul integers", 2, arithmetic.mulIntegers);
const GREATER_INTEGERS = broadcasting("greater integers", 2, arithmetic.greaterIntegers);
const EQUAL_INTEGERS = broadcasting("equal integers", 2, arithmetic.equalIntegers, false);
const WHERE_INTEGERS = broadcasting("where integers", 3, arithmetic.whereIntegers);

type Elementwise = Pick<
  Kernels<WasmBuffer>,
  | "fill"
  | "uniform"
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
  | "accumulate"
  | "greater"
  | "equal"
  | "where"
>;

/** The elementwise kernels of a machine, and `uniform`. */
export function elementwiseKernels(machine: Machine): Elementwise {
  const ofOne = (kernel: unary.Unary): Elementwise["exp"] => (x) =>
    unary.runUnary(machine, kernel, x);
  const ofTwo =
    (floats: Broadcasting, integers: Broadcasting): Elementwise["add"] => (x, y, shape) =>
      runBinary(machine, x.dtype === "int32" ? integers : floats, x, y, shape);

  return {
    fill: (value, out) => unary.fill(machine, value, out),
    uniform: (key, out) => uniform(machine, key, out),
    cast: (x, dtype) => unary.cast(machine, x, dtype),
    scale: (x, factor) => unary.scale(machine, x, factor),
    pow: (x, exponent) => unary.pow(machine, x, exponent),
    sqrt: ofOne(unary.SQRT),
    exp: ofOne(unary.EXP),
    log: ofOne(unary.LOG),
    sin: ofOne(unary.SIN),
    cos: ofOne(unary.COS),
    tanh: ofOne(unary.TANH),
    abs: ofOne(unary.ABS),
    relu: ofOne(unary.RELU),
    sigmoid: ofOne(unary.SIGMOID),
    softplus: ofOne(unary.SOFTPLUS),
    positive: (x) => unary.positive(machine, x),
    add: ofTwo(ADD, ADD_INTEGERS),
    mul: ofTwo(MUL, MUL_INTEGERS),
    accumulate: (into, x) => {
      const { address, bytes, layout } = into.buffer;
      if (layout === "windowPlaces") {
        throw new TypeError("Cannot accumulate into places of window maxima: cast them first");
      }
      const { buffer, isTemporary } = inLayout(machine, x, layout);
      const kernel = x.dtype === "int32" ? ADD_INTEGERS.flat : ADD.flat;
      machine.noteWrite(into.buffer);
      runFlat(machine, kernel, bytes / 4, address, address, buffer.address);
      if (isTemporary) machine.free(buffer);
    },
    greater: ofTwo(GREATER, GREATER_INTEGERS),
    equal: ofTwo(EQUAL, EQUAL_INTEGERS),
    where: (mask, x, y, shape) =>
      runTernary(machine, x.dtype === "int32" ? WHERE_INTEGERS : WHERE, mask, x, y, shape),
  };
}
