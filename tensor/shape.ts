/**
 * Shapes and the arithmetic on them: sizes, strides, broadcasting, convolution and pooling geometry.
 *
 * @module
 */

/** The lengths of a tensor's axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** The number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis];
  return size;
}

/** How far apart neighbours along each axis lie in row-major order. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

/** A shape as errors print it: `[2,3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

/**
 * Checks that every axis length is a whole number from 0 up.
 *
 * @throws {RangeError} if one is not.
 */
export function checkShape(action: string, shape: Shape): void {
  if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new RangeError(
      `Cannot ${action}: a shape needs whole numbers from 0 up, got ${formatShape(shape)}`,
    );
  }
}

/**
 * The shape that two operands of an elementwise operation broadcast to (NumPy's rule).
 *
 * @throws {TypeError} if aligned axes differ and neither is 1.
 * @example
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 * import { broadcastShapes } from "./shape.ts";
 *
 * deepEqual(broadcastShapes("add", [4, 1, 3], [2, 1]), [4, 2, 3]);
 * ```
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  if (b.length === 0 || sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const inA = a[axis - rank + a.length] ?? 1;
    const inB = b[axis - rank + b.length] ?? 1;
    if (inA !== inB && inA !== 1 && inB !== 1) {
      throw new TypeError(
        `Cannot ${op} ${formatShape(a)} and ${formatShape(b)}: ` +
          `axes must be equal or 1 when aligned from the right, got ${inA} and ${inB}`,
      );
    }
    return inA === 1 ? inB : inA;
  });
}

/**
 * Strides with which a tensor of shape `from` is read as if it had shape `to`: 0 on broadcast axes.
 */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) =>
    axis < missing || from[axis - missing] === 1 ? 0 : strides[axis - missing]
  );
}

/** True if a tensor of shape `from` can be read as if it had shape `to`. */
export function broadcastsTo(from: Shape, to: Shape): boolean {
  const missing = to.length - from.length;
  return missing >= 0 &&
    from.every((length, axis) => length === to[axis + missing] || length === 1);
}

/**
 * Turns an axis that may count from the end (−1 is the last) into one from 0 up.
 *
 * @throws {RangeError} if there is no such axis.
 */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    const there = rank === 0 ? "a scalar has none" : `the axes are ${-rank} to ${rank - 1}`;
    throw new RangeError(`Cannot ${op} along axis ${axis}: ${there}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/**
 * Turns one axis, several, or none (meaning all) into sorted axes from 0 up.
 *
 * @throws {RangeError} if an axis does not exist or is named twice.
 */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : axes)
    .map((axis) => normalizeAxis(op, axis, rank))
    .sort((a, b) => a - b);
  if (new Set(list).size !== list.length) {
    throw new RangeError(`Cannot ${op} along axes ${formatShape(list)}: an axis is named twice`);
  }
  return list;
}

/** One number for both axes of an image, or `[vertical, horizontal]`. */
export type Pair = number | readonly [number, number];

/** Reads a {@linkcode Pair} as `[vertical, horizontal]`, a copy of its own. */
export function pair(value: Pair): readonly [number, number] {
  return typeof value === "number" ? [value, value] : [value[0], value[1]];
}

/** How a window slides over an image; each is `[vertical, horizontal]`. */
export interface Geometry {
  /** How far the window moves. */
  readonly stride: readonly [number, number];
  /** Zeros around the image. */
  readonly padding: readonly [number, number];
  /** How far the window's pixels lie apart. */
  readonly dilation: readonly [number, number];
}

/** Windows that slide over images; each pair is `[vertical, horizontal]`. */
export interface Windows {
  readonly kernel: readonly [number, number];
  readonly geometry: Geometry;
  /** The size of an image. */
  readonly image: readonly [number, number];
  /** How many windows there are. */
  readonly count: readonly [number, number];
}

/** Geometry as users give it: stride 1, padding 0 and dilation 1 unless told. */
export interface GeometryOptions {
  /** How far the window moves: 1, or the kernel for pools, unless told. */
  readonly stride?: Pair;
  /** Zeros around the image: 0 unless told. */
  readonly padding?: Pair;
  /** How far the window's pixels lie apart: 1 unless told. */
  readonly dilation?: Pair;
}

/**
 * Completes and checks {@linkcode GeometryOptions}.
 *
 * @throws {RangeError} if stride or dilation is not a whole number from 1 up, or padding from 0 up.
 */
export function geometry(op: string, options: GeometryOptions): Geometry {
  const complete = {
    stride: pair(options.stride ?? 1),
    padding: pair(options.padding ?? 0),
    dilation: pair(options.dilation ?? 1),
  };
  for (const [name, least] of [["stride", 1], ["padding", 0], ["dilation", 1]] as const) {
    if (!complete[name].every((value) => Number.isInteger(value) && value >= least)) {
      throw new RangeError(
        `Cannot ${op}: ${name} must be whole numbers from ${least} up, ` +
          `got ${formatShape(complete[name])}`,
      );
    }
  }
  return complete;
}

/**
 * Checks the height and width of a window.
 *
 * @throws {RangeError} if they are not whole numbers from 1 up.
 */
export function checkKernel(op: string, kernel: readonly [number, number]): void {
  if (!kernel.every((length) => Number.isInteger(length) && length >= 1)) {
    throw new RangeError(
      `Cannot ${op}: the kernel must be whole numbers from 1 up, got ${formatShape(kernel)}`,
    );
  }
}

/**
 * The height and width of what a sliding window writes, as in PyTorch's `Conv2d`:
 * ⌊(in + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 *
 * @throws {RangeError} if the kernel is empty or does not fit into the padded image.
 */
export function windowOutput(
  op: string,
  input: readonly [number, number],
  kernel: readonly [number, number],
  { stride, padding, dilation }: Geometry,
): [number, number] {
  checkKernel(op, kernel);
  const along = (i: 0 | 1) => {
    const reach = dilation[i] * (kernel[i] - 1) + 1;
    const padded = input[i] + 2 * padding[i];
    if (padded < reach) {
      throw new RangeError(
        `Cannot ${op}: a window of ${reach} (kernel ${kernel[i]}, dilation ${dilation[i]}) ` +
          `does not fit into ${padded} pixels (${input[i]} with padding ${padding[i]})`,
      );
    }
    return Math.floor((padded - reach) / stride[i]) + 1;
  };
  return [along(0), along(1)];
}
