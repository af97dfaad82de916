/**
 * Elementwise kernels of no or one operand, and how they are run.
 *
 * @module
 */

import type { DType, Result } from "../../device.ts";
import type { WasmBuffer, WasmOperand } from "../buffer.ts";
import type { Kernel } from "../kernel.ts";
import { inLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { clear } from "../movement/clear.ts";
import * as arithmetic from "./arithmetic.ts";
import { exp, sigmoid, softplus, tanh } from "./exponential.ts";
import { flatKernel, runFlat } from "./flat.ts";
import { log } from "./logarithm.ts";
import { clearPadding, isPadded } from "./padding.ts";
import { powerKernel } from "./power.ts";
import { cos, sin } from "./trigonometry.ts";

/** A kernel of one operand, and whether it makes zeros of zeros, as lanes that are no channel's must stay. */
export interface Unary {
  readonly kernel: Kernel;
  readonly keepsZero: boolean;
}

const HEAVY = 1;

export const SQRT: Unary = { kernel: flatKernel("sqrt", 1, arithmetic.sqrt), keepsZero: true };
export const ABS: Unary = { kernel: flatKernel("abs", 1, arithmetic.abs), keepsZero: true };
export const RELU: Unary = { kernel: flatKernel("relu", 1, arithmetic.relu), keepsZero: true };
export const TANH: Unary = { kernel: flatKernel("tanh", 1, tanh, HEAVY), keepsZero: true };
export const SIN: Unary = { kernel: flatKernel("sin", 1, sin, HEAVY), keepsZero: true };
export const COS: Unary = { kernel: flatKernel("cos", 1, cos, HEAVY), keepsZero: false };
export const EXP: Unary = { kernel: flatKernel("exp", 1, exp, HEAVY), keepsZero: false };
export const LOG: Unary = { kernel: flatKernel("log", 1, log, HEAVY), keepsZero: false };
export const SIGMOID: Unary = {
  kernel: flatKernel("sigmoid", 1, sigmoid, HEAVY),
  keepsZero: false,
};
export const SOFTPLUS: Unary = {
  kernel: flatKernel("softplus", 1, softplus, HEAVY),
  keepsZero: false,
};

const COPY = flatKernel("copy", 1, () => (x) => x);
const SCALE = flatKernel("scale", 1, arithmetic.scale);
const SCALE_INTEGERS = flatKernel("scale integers", 1, arithmetic.scaleIntegers);
const POSITIVE = flatKernel("positive", 1, arithmetic.positive);
const POSITIVE_INTEGERS = flatKernel("positive integers", 1, arithmetic.positiveIntegers);
const TO_FLOATS = flatKernel("to floats", 1, arithmetic.toFloats);
const TO_INTEGERS = flatKernel("to integers", 1, arithmetic.toIntegers);
const FILL = flatKernel("fill", 0, arithmetic.fill);
const FILL_INTEGERS = flatKernel("fill integers", 0, arithmetic.fillIntegers);

/** Runs a kernel over floats, in their own layout. */
export function runUnary(
  machine: Machine,
  { kernel, keepsZero }: Unary,
  x: WasmOperand,
): WasmBuffer {
  return run(machine, kernel, keepsZero, x, 0);
}

function run(
  machine: Machine,
  kernel: Kernel,
  keepsZero: boolean,
  x: WasmOperand,
  number: number,
): WasmBuffer {
  const { shape, buffer } = x;
  const out = machine.allocate(shape, buffer.layout);
  runFlat(machine, kernel, out.bytes / 4, out.address, buffer.address, 0, 0, number);
  if (!keepsZero && isPadded(buffer.layout, shape)) clearPadding(machine, out, shape);
  return out;
}

/** Runs a kernel over the elements of x in row-major order. */
function runRowMajor(machine: Machine, kernel: Kernel, x: WasmOperand, number = 0): WasmBuffer {
  const { buffer, isTemporary } = inLayout(machine, x, "rowMajor");
  const out = run(machine, kernel, true, { ...x, buffer }, number);
  if (isTemporary) machine.free(buffer);
  return out;
}

export function fill(machine: Machine, value: number, { shape, dtype }: Result): WasmBuffer {
  const out = machine.allocate(shape);
  if (Object.is(value, 0)) clear(machine, out.address, out.bytes);
  else if (dtype === "float32") runFilled(machine, FILL, out, value);
  else runFilled(machine, FILL_INTEGERS, out, value | 0);
  return out;
}

function runFilled(machine: Machine, kernel: Kernel, out: WasmBuffer, number: number): void {
  runFlat(machine, kernel, out.bytes / 4, out.address, 0, 0, 0, number);
}

export function cast(machine: Machine, x: WasmOperand, dtype: DType): WasmBuffer {
  if (x.dtype === dtype) {
    return dtype === "int32" ? runRowMajor(machine, COPY, x) : run(machine, COPY, true, x, 0);
  }
  return runRowMajor(machine, dtype === "int32" ? TO_INTEGERS : TO_FLOATS, x);
}

export function scale(machine: Machine, x: WasmOperand, factor: number): WasmBuffer {
  if (x.dtype === "int32") return runRowMajor(machine, SCALE_INTEGERS, x, factor | 0);
  return run(machine, SCALE, keepsZero(Math.fround(factor)), x, factor);
}

/** False also for negative factors: lanes that are no channel's are 0, not −0. */
function keepsZero(factor: number): boolean {
  return Object.is(0 * factor, 0);
}

export function positive(machine: Machine, x: WasmOperand): WasmBuffer {
  if (x.dtype === "int32") return runRowMajor(machine, POSITIVE_INTEGERS, x);
  return run(machine, POSITIVE, true, x, 0);
}

export function pow(machine: Machine, x: WasmOperand, exponent: number): WasmBuffer {
  if (exponent === 1) return run(machine, COPY, true, x, 0);
  if (exponent === 0) return run(machine, FILL, false, x, 1);
  if (Number.isNaN(exponent)) return run(machine, FILL, false, x, NaN);
  return run(machine, powerKernel(exponent), exponent > 0, x, exponent);
}
