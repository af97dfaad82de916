/**
 * Elementwise kernels: each element of the result depends on one element of each operand.
 *
 * Every kernel has a loop of its own: one loop that is handed a function runs ten times slower,
 * because the engine compiles it for all the functions that it has seen.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand } from "../device.ts";
import { broadcastStrides, sameShape, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { type Cursor, cursor, visitRows } from "./rows.ts";

export function scale(x: Operand<HostArray>, factor: number): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] *= factor;
  return out;
}

/** Squares and reciprocals, the same to the last bit, are spared the slow general power. */
export function pow(x: Operand<HostArray>, exponent: number): HostArray {
  const out = copyOf(x);
  if (exponent === 2) {
    for (let i = 0; i < out.length; i++) out[i] *= out[i];
  } else if (exponent === -1) {
    for (let i = 0; i < out.length; i++) out[i] = 1 / out[i];
  } else {
    for (let i = 0; i < out.length; i++) out[i] **= exponent;
  }
  return out;
}

export function sqrt(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Math.sqrt(out[i]);
  return out;
}

export function exp(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Math.exp(out[i]);
  return out;
}

export function log(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Math.log(out[i]);
  return out;
}

export function sin(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Math.sin(out[i]);
  return out;
}

export function cos(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Math.cos(out[i]);
  return out;
}

export function tanh(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Math.tanh(out[i]);
  return out;
}

export function abs(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Math.abs(out[i]);
  return out;
}

/** Chooses by index: a branch on signs that nobody can predict takes eight times as long. */
export function relu(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  const choice = new Float64Array(2);
  for (let i = 0; i < out.length; i++) {
    choice[1] = out[i];
    out[i] = choice[Number(!(out[i] <= 0))];
  }
  return out;
}

export function sigmoid(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) {
    const small = Math.exp(-Math.abs(out[i]));
    out[i] = (out[i] < 0 ? small : 1) / (1 + small);
  }
  return out;
}

export function softplus(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) {
    out[i] = Math.max(out[i], 0) + Math.log1p(Math.exp(-Math.abs(out[i])));
  }
  return out;
}

export function positive(x: Operand<HostArray>): HostArray {
  const out = copyOf(x);
  for (let i = 0; i < out.length; i++) out[i] = Number(out[i] > 0);
  return out;
}

export const add: Binary = broadcasting((length, out, x, y) => {
  let { at: xAt } = x;
  let { at: yAt } = y;
  for (let i = 0; i < length; i++) {
    out.buffer[out.at + i] = x.buffer[xAt] + y.buffer[yAt];
    xAt += x.step;
    yAt += y.step;
  }
});

export const mul: Binary = broadcasting((length, out, x, y) => {
  let { at: xAt } = x;
  let { at: yAt } = y;
  for (let i = 0; i < length; i++) {
    out.buffer[out.at + i] = x.buffer[xAt] * y.buffer[yAt];
    xAt += x.step;
    yAt += y.step;
  }
});

export function accumulate(into: Operand<HostArray>, x: Operand<HostArray>): void {
  const [sums, terms] = [into.buffer, x.buffer];
  for (let i = 0; i < sums.length; i++) sums[i] += terms[i];
}

export const greater: Binary = broadcasting((length, out, x, y) => {
  let { at: xAt } = x;
  let { at: yAt } = y;
  for (let i = 0; i < length; i++) {
    out.buffer[out.at + i] = Number(x.buffer[xAt] > y.buffer[yAt]);
    xAt += x.step;
    yAt += y.step;
  }
});

export const equal: Binary = broadcasting((length, out, x, y) => {
  let { at: xAt } = x;
  let { at: yAt } = y;
  for (let i = 0; i < length; i++) {
    out.buffer[out.at + i] = Number(x.buffer[xAt] === y.buffer[yAt]);
    xAt += x.step;
    yAt += y.step;
  }
});

export function where(
  mask: Operand<HostArray>,
  x: Operand<HostArray>,
  y: Operand<HostArray>,
  shape: Shape,
): HostArray {
  const out = cursor(hostArray(x.dtype, sizeOf(shape)), stridesOf(shape));
  const [m, a, b] = [mask, x, y].map((operand) => broadcast(operand, shape));
  visitRows(shape, [out, m, a, b], (length) => {
    for (let i = 0; i < length; i++) {
      out.buffer[out.at + i] = m.buffer[m.at + i * m.step] !== 0
        ? a.buffer[a.at + i * a.step]
        : b.buffer[b.at + i * b.step];
    }
  });
  return out.buffer;
}

function copyOf({ buffer, dtype }: Operand<HostArray>): HostArray {
  const copy = hostArray(dtype, buffer.length);
  copy.set(buffer);
  return copy;
}

type Binary = (x: Operand<HostArray>, y: Operand<HostArray>, shape: Shape) => HostArray;

/** A kernel of two operands from what it does along a row; the rows of the result lie unbroken. */
function broadcasting(
  row: (length: number, out: Cursor, x: Cursor, y: Cursor) => void,
): Binary {
  return (x, y, shape) => {
    const size = sizeOf(shape);
    const buffer = hostArray(x.dtype, size);
    if (isSingleRow(x, shape) && isSingleRow(y, shape)) {
      row(size, singleRow(buffer), singleRow(x.buffer), singleRow(y.buffer));
      return buffer;
    }
    const out = cursor(buffer, stridesOf(shape));
    const a = broadcast(x, shape);
    const b = broadcast(y, shape);
    visitRows(shape, [out, a, b], (length) => row(length, out, a, b));
    return buffer;
  };
}

/** True of what needs no walk: the result's own shape, or one number for all of it. */
function isSingleRow(x: Operand<HostArray>, shape: Shape): boolean {
  return x.buffer.length === 1 || sameShape(x.shape, shape);
}

const NO_STRIDES: readonly number[] = [];

function singleRow(buffer: HostArray): Cursor {
  return { buffer, strides: NO_STRIDES, at: 0, step: buffer.length === 1 ? 0 : 1 };
}

function broadcast(x: Operand<HostArray>, shape: Shape): Cursor {
  return cursor(x.buffer, broadcastStrides(x.shape, shape));
}
