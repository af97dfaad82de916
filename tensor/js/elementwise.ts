/**
 * Elementwise kernels: each element of the result depends on one element of each operand.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { visitRows } from "./rows.ts";

type Unary = (x: Operand<HostArray>) => HostArray;
type Binary = (x: Operand<HostArray>, y: Operand<HostArray>, shape: Shape) => HostArray;

function unary(f: (x: number) => number): Unary {
  return ({ buffer: x, dtype }) => {
    const out = hostArray(dtype, x.length);
    for (let i = 0; i < out.length; i++) out[i] = f(x[i]);
    return out;
  };
}

export function scale(x: Operand<HostArray>, factor: number): HostArray {
  return unary((x) => x * factor)(x);
}

export function pow(x: Operand<HostArray>, exponent: number): HostArray {
  return unary((x) => x ** exponent)(x);
}

export const sqrt: Unary = unary(Math.sqrt);
export const exp: Unary = unary(Math.exp);
export const log: Unary = unary(Math.log);
export const sin: Unary = unary(Math.sin);
export const cos: Unary = unary(Math.cos);
export const tanh: Unary = unary(Math.tanh);
export const abs: Unary = unary(Math.abs);
export const relu: Unary = unary((x) => x <= 0 ? 0 : x);
export const sigmoid: Unary = unary((x) => {
  const e = Math.exp(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
});
export const softplus: Unary = unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
export const positive: Unary = unary((x) => x > 0 ? 1 : 0);

function binary(f: (x: number, y: number) => number): Binary {
  return (x, y, shape) => {
    const out = hostArray(x.dtype, sizeOf(shape));
    const strides = [x.shape, y.shape].map((from) => broadcastStrides(from, shape));
    visitRows(
      shape,
      [stridesOf(shape), ...strides],
      [0, 0, 0],
      (length, [to, xAt, yAt], [_, xStep, yStep]) => {
        for (let i = 0; i < length; i++) {
          out[to + i] = f(x.buffer[xAt + i * xStep], y.buffer[yAt + i * yStep]);
        }
      },
    );
    return out;
  };
}

export const add: Binary = binary((x, y) => x + y);
export const mul: Binary = binary((x, y) => x * y);
export const greater: Binary = binary((x, y) => x > y ? 1 : 0);
export const equal: Binary = binary((x, y) => x === y ? 1 : 0);

export function where(
  mask: Operand<HostArray>,
  x: Operand<HostArray>,
  y: Operand<HostArray>,
  shape: Shape,
): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  const strides = [mask.shape, x.shape, y.shape].map((from) => broadcastStrides(from, shape));
  visitRows(
    shape,
    [stridesOf(shape), ...strides],
    [0, 0, 0, 0],
    (length, [to, maskAt, xAt, yAt], [_, maskStep, xStep, yStep]) => {
      for (let i = 0; i < length; i++) {
        out[to + i] = mask.buffer[maskAt + i * maskStep] !== 0
          ? x.buffer[xAt + i * xStep]
          : y.buffer[yAt + i * yStep];
      }
    },
  );
  return out;
}
