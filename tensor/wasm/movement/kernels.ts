/**
 * Movement: the same elements in another place. All but reshape are strided copies; where the result
 * can be `channelsLast`, they copy whole pixels.
 *
 * @module
 */

import type { Kernels } from "../../device.ts";
import { type Shape, sizeOf, stridesOf } from "../../shape.ts";
import { paddedChannels, type WasmBuffer, type WasmOperand } from "../buffer.ts";
import { toLayout, withLayout } from "../layout.ts";
import type { Machine } from "../machine.ts";
import { clear } from "./clear.ts";
import { type Place, stridedCopy } from "./strided_copy.ts";

/** The movement kernels of a machine. */
export function movementKernels(
  machine: Machine,
): Pick<
  Kernels<WasmBuffer>,
  "reshape" | "permute" | "broadcastTo" | "slice" | "pad" | "cat"
> {
  return {
    reshape: (x, shape) => reshape(machine, x, shape),
    permute: (x, axes) => permute(machine, x, axes),
    broadcastTo: (x, shape) => broadcastTo(machine, x, shape),
    slice: (x, start, shape) => slice(machine, x, start, shape),
    pad: (x, start, shape) => pad(machine, x, start, shape),
    cat: (xs, axis, shape) => cat(machine, xs, axis, shape),
  };
}

/** Free if the layout can stay: in `channelsLast`, if batch and channels do. */
function reshape(machine: Machine, x: WasmOperand, shape: Shape): WasmBuffer {
  if (x.buffer.layout === "rowMajor") return x.buffer;
  const keepsChannels = shape.length >= 2 && shape[0] === x.shape[0] && shape[1] === x.shape[1];
  return keepsChannels ? x.buffer : toLayout(machine, x, "rowMajor");
}

function permute(machine: Machine, x: WasmOperand, axes: readonly number[]): WasmBuffer {
  return withNumbers(machine, x, (buffer) => {
    const shape = axes.map((axis) => x.shape[axis]);
    const to = machine.allocate(shape);
    const { address, steps } = placeOf(buffer, x.shape);
    stridedCopy(machine, shape, placeOf(to, shape), {
      address,
      steps: axes.map((axis) => steps[axis]),
    });
    return to;
  });
}

function broadcastTo(machine: Machine, x: WasmOperand, shape: Shape): WasmBuffer {
  const { dtype, buffer } = x;
  const aligned = { shape: alignedShape(x.shape, shape.length), dtype, buffer };
  if (isOfWholePixels(aligned, x.shape.length, shape)) {
    return withLayout(machine, aligned, "channelsLast", (buffer) => {
      const to = machine.allocate(shape, "channelsLast");
      const from = repeated(buffer, aligned.shape, shape);
      stridedCopy(machine, extentOf(to, shape), placeOf(to, shape), from);
      return to;
    });
  }
  return withNumbers(machine, x, (buffer) => {
    const to = machine.allocate(shape);
    stridedCopy(machine, shape, placeOf(to, shape), repeated(buffer, x.shape, shape));
    return to;
  });
}

/** A shape with axes of length 1 in front. */
function alignedShape(shape: Shape, rank: number): Shape {
  return shape.length === rank ? shape : [...Array<number>(rank - shape.length).fill(1), ...shape];
}

/** Whether what is repeated is pixels with all their channels. */
function isOfWholePixels(aligned: WasmOperand, rank: number, shape: Shape): boolean {
  if (shape.length < 3 || aligned.shape[1] !== shape[1]) return false;
  return isChannelsLast(aligned) ? rank === shape.length : isPerChannel(aligned);
}

/** One number for each channel, or for each image's: what becomes a map of images. */
function isPerChannel({ shape, dtype }: WasmOperand): boolean {
  return dtype === "float32" && shape[1] > 1 && sizeOf(shape) === shape[0] * shape[1];
}

/** A tensor read as if it had another shape; the axes along which it is repeated have step 0. */
function repeated(buffer: WasmBuffer, shape: Shape, as: Shape): Place {
  const { address, steps } = placeOf(buffer, shape);
  const missing = as.length - shape.length;
  const all: number[] = [];
  for (let axis = 0; axis < as.length; axis++) {
    const own = axis - missing;
    const isRepeated = own < 0 || (shape[own] === 1 && as[axis] !== 1);
    all.push(isRepeated ? 0 : steps[own]);
  }
  return { address, steps: all };
}

function slice(
  machine: Machine,
  x: WasmOperand,
  start: readonly number[],
  shape: Shape,
): WasmBuffer {
  return withNumbers(machine, x, (buffer) => {
    const staysPixels = isChannelsLast(x) && start[1] % 4 === 0 &&
      (shape[1] % 4 === 0 || start[1] + shape[1] === x.shape[1]);
    const to = machine.allocate(shape, staysPixels ? "channelsLast" : "rowMajor");
    const from = placeOf(buffer, x.shape, start);
    stridedCopy(machine, extentOf(to, shape), placeOf(to, shape), from);
    return to;
  });
}

function pad(
  machine: Machine,
  x: WasmOperand,
  start: readonly number[],
  shape: Shape,
): WasmBuffer {
  return withNumbers(machine, x, (buffer) => {
    const staysPixels = isChannelsLast(x) && start[1] % 4 === 0;
    const to = machine.allocate(shape, staysPixels ? "channelsLast" : "rowMajor");
    clear(machine, to.address, to.bytes);
    const extent = staysPixels ? extentOf(buffer, x.shape) : x.shape;
    stridedCopy(machine, extent, placeOf(to, shape, start), placeOf(buffer, x.shape));
    return to;
  });
}

function cat(
  machine: Machine,
  xs: readonly WasmOperand[],
  axis: number,
  shape: Shape,
): WasmBuffer {
  const layout = xs.some(isChannelsLast) && (axis !== 1 || startAtWholePixels(xs))
    ? "channelsLast"
    : "rowMajor";
  const to = machine.allocate(shape, layout);
  const start = shape.map(() => 0);
  for (const x of xs) {
    const run = layout === "channelsLast" ? withPixels : withNumbers;
    run(machine, x, (buffer) => {
      const extent = layout === "channelsLast" ? extentOf(buffer, x.shape) : x.shape;
      stridedCopy(machine, extent, placeOf(to, shape, start), placeOf(buffer, x.shape));
    });
    start[axis] += x.shape[axis];
  }
  return to;
}

function startAtWholePixels(xs: readonly WasmOperand[]): boolean {
  return xs.every(({ shape }, i) => i === xs.length - 1 || shape[1] % 4 === 0);
}

function isChannelsLast({ buffer }: WasmOperand): boolean {
  return buffer.layout === "channelsLast";
}

function withPixels(
  machine: Machine,
  x: WasmOperand,
  run: (buffer: WasmBuffer) => void,
): void {
  withLayout(machine, x, "channelsLast", run);
}

/** Runs with the numbers of a tensor, which `windowPlaces` only stands for. */
function withNumbers<R>(
  machine: Machine,
  x: WasmOperand,
  run: (buffer: WasmBuffer) => R,
): R {
  const { layout } = x.buffer;
  return layout === "windowPlaces" ? withLayout(machine, x, "rowMajor", run) : run(x.buffer);
}

function placeOf({ address, layout }: WasmBuffer, shape: Shape, start?: readonly number[]): Place {
  const steps = layout === "channelsLast" ? channelsLastStrides(shape) : stridesOf(shape);
  let first = address;
  for (let axis = 0; axis < steps.length; axis++) {
    steps[axis] *= 4;
    if (start !== undefined) first += start[axis] * steps[axis];
  }
  return { address: first, steps };
}

function channelsLastStrides([, channels, ...rest]: Shape): number[] {
  const padded = paddedChannels(channels);
  return [padded * sizeOf(rest), 1, ...stridesOf(rest).map((stride) => stride * padded)];
}

/** A shape as far as it occupies memory, padding included. */
function extentOf({ layout }: WasmBuffer, shape: Shape): Shape {
  if (layout !== "channelsLast") return shape;
  const [batch, channels, ...rest] = shape;
  return [batch, paddedChannels(channels), ...rest];
}
