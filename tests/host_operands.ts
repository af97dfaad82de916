/**
 * Tensors as kernels see them on the host, and the plainest way to say what they hold.
 *
 * @module
 */

import { equal, ok } from "node:assert/strict";
import { type DType, type HostArray, hostArray, type Operand } from "../tensor/device.ts";
import { normalNumbers, randomKey, uniformNumbers } from "../tensor/random.ts";
import { type Shape, sizeOf, stridesOf } from "../tensor/shape.ts";
import { fc } from "./fast_check.ts";

/** Every run of a property tries the same cases. */
export const FIXED = { seed: 1, numRuns: 60 };

export type Index = readonly number[];
export type Host = Operand<HostArray>;

export function operand(shape: Shape, numbers: ArrayLike<number>, dtype: DType = "float64"): Host {
  const buffer = hostArray(dtype, sizeOf(shape));
  buffer.set(numbers);
  return { shape, dtype, buffer };
}

export function normal(shape: Shape, seed: number, dtype: DType = "float64"): Host {
  return operand(shape, normalNumbers(randomKey(seed), sizeOf(shape)), dtype);
}

/** Small whole numbers, so that ties are common. */
export function digits(shape: Shape, seed: number, limit: number, dtype: DType = "float64"): Host {
  return operand(
    shape,
    uniformNumbers(randomKey(seed), sizeOf(shape)).map((u) => Math.floor(u * limit)),
    dtype,
  );
}

export function* indices(shape: Shape): Generator<number[]> {
  if (shape.length === 0) return yield [];
  for (let i = 0; i < shape[0]; i++) {
    for (const rest of indices(shape.slice(1))) yield [i, ...rest];
  }
}

/** The element at an index; axes are aligned from the right and those of length 1 repeat. */
export function at(x: Host, index: Index): number {
  const strides = stridesOf(x.shape);
  const missing = index.length - x.shape.length;
  return x.buffer[
    strides.reduce(
      (sum, stride, axis) => sum + (x.shape[axis] === 1 ? 0 : stride * index[axis + missing]),
      0,
    )
  ];
}

/** The tensor whose element at each index is given. */
export function defined(shape: Shape, element: (index: number[]) => number): number[] {
  return [...indices(shape)].map(element);
}

export function closeTo(actual: HostArray, expected: ArrayLike<number>, tolerance = 1e-12): void {
  equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const close = Object.is(actual[i], expected[i]) || actual[i] === expected[i] ||
      Math.abs(actual[i] - expected[i]) <= tolerance * Math.max(1, Math.abs(expected[i]));
    ok(close, `element ${i}: wanted ${expected[i]}, got ${actual[i]}`);
  }
}

export function dot(a: HostArray, b: HostArray): number {
  equal(a.length, b.length);
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}

export const seeds = fc.nat(1e6);
export const floats = fc.constantFrom<DType>("float64", "float32");
export const lengths = fc.integer({ min: 0, max: 5 });
export const shapes = fc.array(lengths, { maxLength: 4 });

/** Two shapes that broadcast to a common one. */
export const broadcastPairs = shapes.chain((shape) => {
  const smaller = fc.tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4 })).map(
    ([dropped, ones]) => shape.map((length, axis) => ones[axis] ? 1 : length).slice(dropped),
  );
  return fc.tuple(smaller, smaller);
});
