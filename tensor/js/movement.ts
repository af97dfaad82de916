/**
 * Movement: the same elements in another place. All but reshape are one strided copy.
 *
 * @module
 */

import { type DType, type HostArray, hostArray, type Operand, type Result } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { type Cursor, cursor, visitRows } from "./rows.ts";

export function fill(value: number, out: Result): HostArray {
  return hostArray(out.dtype, sizeOf(out.shape)).fill(value);
}

export function cast(x: Operand<HostArray>, dtype: DType): HostArray {
  const out = hostArray(dtype, x.buffer.length);
  out.set(x.buffer);
  return out;
}

export function reshape(x: Operand<HostArray>): HostArray {
  return x.buffer;
}

export function permute(x: Operand<HostArray>, axes: readonly number[]): HostArray {
  const shape = axes.map((axis) => x.shape[axis]);
  const strides = stridesOf(x.shape);
  const out = hostArray(x.dtype, x.buffer.length);
  copy(shape, cursor(x.buffer, axes.map((axis) => strides[axis])), cursor(out, stridesOf(shape)));
  return out;
}

export function broadcastTo(x: Operand<HostArray>, shape: Shape): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  const strides = broadcastStrides(x.shape, shape);
  copy(shape, cursor(x.buffer, strides), cursor(out, stridesOf(shape)));
  return out;
}

export function slice(x: Operand<HostArray>, start: readonly number[], shape: Shape): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  const strides = stridesOf(x.shape);
  copy(shape, cursor(x.buffer, strides, offset(start, strides)), cursor(out, stridesOf(shape)));
  return out;
}

export function pad(x: Operand<HostArray>, start: readonly number[], shape: Shape): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  const strides = stridesOf(shape);
  copy(x.shape, rowMajor(x), cursor(out, strides, offset(start, strides)));
  return out;
}

export function cat(xs: readonly Operand<HostArray>[], axis: number, shape: Shape): HostArray {
  const out = hostArray(xs[0].dtype, sizeOf(shape));
  const strides = stridesOf(shape);
  let start = 0;
  for (const x of xs) {
    copy(x.shape, rowMajor(x), cursor(out, strides, start));
    start += x.shape[axis] * strides[axis];
  }
  return out;
}

function copy(shape: Shape, from: Cursor, to: Cursor): void {
  visitRows(shape, [from, to], (length) => {
    for (let i = 0; i < length; i++) {
      to.buffer[to.at + i * to.step] = from.buffer[from.at + i * from.step];
    }
  });
}

function rowMajor(x: Operand<HostArray>): Cursor {
  return cursor(x.buffer, stridesOf(x.shape));
}

function offset(position: readonly number[], strides: readonly number[]): number {
  return position.reduce((sum, index, axis) => sum + index * strides[axis], 0);
}
