/**
 * Elementwise operations of one or two instructions, on floats and on int32 numbers.
 *
 * @module
 */

import { f32, f32x4, i32, i32x4, v128 } from "../assembler/mod.ts";
import type { Operation } from "./operation.ts";

export const fill: Operation = (k, number) => {
  const value = k.let(f32x4.splat(f32.demoteF64(number)));
  return () => value;
};

export const fillIntegers: Operation = (k, number) => {
  const value = k.let(i32x4.splat(i32.truncSatF64(number)));
  return () => value;
};

/** By the nearest float to the factor, as PyTorch does; `js` multiplies by the double. */
export const scale: Operation = (k, number) => {
  const factor = k.let(f32x4.splat(f32.demoteF64(number)));
  return (x) => f32x4.mul(x, factor);
};

export const scaleIntegers: Operation = (k, number) => {
  const factor = k.let(i32x4.splat(i32.truncSatF64(number)));
  return (x) => i32x4.mul(x, factor);
};

export const sqrt: Operation = () => (x) => f32x4.sqrt(x);

export const abs: Operation = () => (x) => f32x4.abs(x);

/** Not by `max`, which takes eight instructions on x86 for its rules about NaN and −0. */
export const relu: Operation = (k) => {
  const zero = k.let(f32x4.const(0));
  return (value) => {
    const x = k.let(value);
    return v128.andnot(x, f32x4.le(x, zero));
  };
};

export const positive: Operation = (k) => {
  const zero = k.let(f32x4.const(0));
  const one = k.let(f32x4.const(1));
  return (x) => v128.and(f32x4.gt(x, zero), one);
};

export const positiveIntegers: Operation = (k) => {
  const zero = k.let(i32x4.const(0));
  const one = k.let(i32x4.const(1));
  return (x) => v128.and(i32x4.gt(x, zero), one);
};

export const toFloats: Operation = () => (x) => f32x4.convertI32x4(x);

/** Towards zero and modulo 2³², NaN and the infinities to 0, as a typed array stores numbers. */
export const toIntegers: Operation = (k) => {
  const span = k.let(f32x4.const(2 ** 32));
  const perSpan = k.let(f32x4.const(2 ** -32));
  const limit = k.let(f32x4.const(2 ** 31));
  const minusLimit = k.let(f32x4.const(-(2 ** 31)));
  return (value) => {
    const x = k.let(value);
    const whole = f32x4.mul(f32x4.trunc(f32x4.mul(x, perSpan)), span);
    const rest = k.let(f32x4.sub(x, whole));
    const above = v128.and(f32x4.ge(rest, limit), span);
    const below = v128.and(f32x4.lt(rest, minusLimit), span);
    return i32x4.truncSatF32x4(f32x4.add(f32x4.sub(rest, above), below));
  };
};

export const add: Operation = () => (x, y) => f32x4.add(x, y);

export const addIntegers: Operation = () => (x, y) => i32x4.add(x, y);

export const mul: Operation = () => (x, y) => f32x4.mul(x, y);

/** The low 32 bits. */
export const mulIntegers: Operation = () => (x, y) => i32x4.mul(x, y);

export const greater: Operation = (k) => {
  const one = k.let(f32x4.const(1));
  return (x, y) => v128.and(f32x4.gt(x, y), one);
};

export const greaterIntegers: Operation = (k) => {
  const one = k.let(i32x4.const(1));
  return (x, y) => v128.and(i32x4.gt(x, y), one);
};

export const equal: Operation = (k) => {
  const one = k.let(f32x4.const(1));
  return (x, y) => v128.and(f32x4.eq(x, y), one);
};

export const equalIntegers: Operation = (k) => {
  const one = k.let(i32x4.const(1));
  return (x, y) => v128.and(i32x4.eq(x, y), one);
};

export const where: Operation = (k) => {
  const zero = k.let(f32x4.const(0));
  return (mask, x, y) => v128.bitselect(y, x, f32x4.eq(mask, zero));
};

export const whereIntegers: Operation = (k) => {
  const zero = k.let(i32x4.const(0));
  return (mask, x, y) => v128.bitselect(y, x, i32x4.eq(mask, zero));
};
