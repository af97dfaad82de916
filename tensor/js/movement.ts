/**
 * Movement: the same elements in another place. All but reshape are one strided copy.
 *
 * @module
 */

import { type HostArray, hostArray, type Operand, type Result } from "../device.ts";
import { broadcastStrides, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { visitRows } from "./rows.ts";

export function fill(value: number, out: Result): HostArray {
  return hostArray(out.dtype, sizeOf(out.shape)).fill(value);
}

export function cast(x: Operand<HostArray>, dtype: Result["dtype"]): HostArray {
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
  copy(shape, { buffer: x.buffer, strides: axes.map((axis) => strides[axis]), start: 0 }, {
    buffer: out,
    strides: stridesOf(shape),
    start: 0,
  });
  return out;
}

export function broadcastTo(x: Operand<HostArray>, shape: Shape): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  copy(shape, { buffer: x.buffer, strides: broadcastStrides(x.shape, shape), start: 0 }, {
    buffer: out,
    strides: stridesOf(shape),
    start: 0,
  });
  return out;
}

export function slice(x: Operand<HostArray>, start: readonly number[], shape: Shape): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  const strides = stridesOf(x.shape);
  copy(shape, { buffer: x.buffer, strides, start: offset(start, strides) }, {
    buffer: out,
    strides: stridesOf(shape),
    start: 0,
  });
  return out;
}

export function pad(x: Operand<HostArray>, start: readonly number[], shape: Shape): HostArray {
  const out = hostArray(x.dtype, sizeOf(shape));
  const strides = stridesOf(shape);
  copy(x.shape, { buffer: x.buffer, strides: stridesOf(x.shape), start: 0 }, {
    buffer: out,
    strides,
    start: offset(start, strides),
  });
  return out;
}

export function cat(xs: readonly Operand<HostArray>[], axis: number, shape: Shape): HostArray {
  const out = hostArray(xs[0].dtype, sizeOf(shape));
  const strides = stridesOf(shape);
  let start = 0;
  for (const x of xs) {
    copy(x.shape, { buffer: x.buffer, strides: stridesOf(x.shape), start: 0 }, {
      buffer: out,
      strides,
      start,
    });
    start += x.shape[axis] * strides[axis];
  }
  return out;
}

interface Strided {
  readonly buffer: HostArray;
  readonly strides: readonly number[];
  readonly start: number;
}

function copy(shape: Shape, from: Strided, to: Strided): void {
  const source = from.buffer;
  const target = to.buffer;
  visitRows(
    shape,
    [from.strides, to.strides],
    [from.start, to.start],
    (length, [read, write], [readStep, writeStep]) => {
      for (let i = 0; i < length; i++) {
        target[write + i * writeStep] = source[read + i * readStep];
      }
    },
  );
}

function offset(position: readonly number[], strides: readonly number[]): number {
  return position.reduce((sum, index, axis) => sum + index * strides[axis], 0);
}
